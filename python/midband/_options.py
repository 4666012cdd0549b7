"""The options of each function. Written by make_options.py from the command's own; do not edit."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal, TypedDict


class ScoreOptions(TypedDict, total=False):
    """Options of ``midband score``."""

    allow_batch_dependent: bool | None
    """Accept a model whose embeddings depend on what else is in the batch"""

    allow_remote_judge: bool | None
    """Allow a judge that is not on this machine: pair text leaves it"""

    audit: int | None
    """Settled pairs that the judge is asked about at the end, drawn at random: how often it says otherwise, with an
    interval [default: 0]"""

    band: str | tuple[float, float] | None
    """The ambiguous band: below LOWER a pair is rejected, from UPPER on accepted, between them the judge is asked.
    [default: 0.5..0.9 on the cosine of all-MiniLM-L6-v2, 0.2..0.8 on the proxy score]"""

    band_on: Literal["cosine", "proxy"] | None
    """What the band is laid on. [default: cosine]"""

    batch_size: int | str | tuple[int, int] | None
    """Pairs in a request, 1 to 16: a number, or bounds within which the fastest is found. [default: 4 with thoughts,
    4..16 without]"""

    batch_tokens: int | None
    """Tokens in a batch, padding included [default: 1024]"""

    cache: str | os.PathLike[str] | None
    """Folder of the caches of embeddings and verdicts: a second run asks and embeds nothing again. Holds no text"""

    cache_max_size: int | None
    """Bound on both caches together, such as 2GB: what was used longest ago goes at the start of a run. [default:
    none]"""

    cost_false_match: float | None
    """Cost of calling two different things a match. [default: 1; 5 for lists of people whose columns are compared]"""

    cost_missed_match: float | None
    """Cost of missing a match. [default: 1]"""

    cost_review: float | None
    """Cost of a person's look at a pair; pairs for which it pays get decision = review. A cost that is given means
    --goal cost"""

    deadline: str | timedelta | None
    """Time after the start at which what is still open stays unanswered, such as 30s"""

    delta: float | None
    """Probability that a certified promise is broken [default: 0.1]"""

    embed: Literal["all", "auto"] | None
    """Which pairs are embedded, where a policy learns [default: auto]"""

    embed_model: str | None
    """An embedding model by name (`midband models list`) [default: all-MiniLM-L6-v2]"""

    embed_model_dir: str | os.PathLike[str] | None
    """A folder with model.onnx and its tokenizer files"""

    explain: bool | None
    """Ask for a short reason of each score: one more request a pair"""

    features: str | Sequence[str] | None
    """What is compared beside the cosine: all, cosine, or a list of names and groups [default: all]"""

    fresh: bool | None
    """Ask again even where the cache holds a verdict"""

    goal: Literal["accuracy", "f1", "cost"] | None
    """What the decisions are to be good at. [default: the calibration's; else f1 where texts read as records, accuracy
    where they do not or where columns are compared]"""

    gold: str | None
    """A numeric field with graded gold in 0..1, instead of `label`"""

    in_flight: int | None
    """Most requests at once to one server; fewer where fewer get more done. [default: 2 to Ollama, else 16]"""

    include_text: bool | None
    """Write the texts too, as `a` and `b`"""

    judge_url: str | Sequence[str] | None
    """A server of the OpenAI API (llama.cpp, vLLM, LM Studio, TGI), such as http://host:8000/v1; repeat it to share the
    load. Its key comes from the variable MIDBAND_JUDGE_API_KEY and from nowhere else"""

    keep_alive: str | timedelta | None
    """How long the model stays loaded after a request; -1 for ever [default: 24h]"""

    lexicon: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    """A lexicon of your own: CSV or Parquet with the columns form, concept, kind and relations (docs/clinical.md). Its
    names count in addition to the built-in clinical ones. Repeatable. `midband lexicon import` makes one of a UMLS,
    RxNorm or SNOMED CT release"""

    llama_server: str | os.PathLike[str] | None
    """The program of llama.cpp's server for --judge local. [default: llama-server on the PATH, else the Python package
    that scripts/live-judge sets up]"""

    log: Literal["text", "json"] | None
    """How standard error speaks: text, or one JSON object a line with its time. Where it is no terminal, a line says
    every half minute how far the run is [default: text]"""

    max_calls: int | None
    """Most requests of the run"""

    max_judge_time: str | timedelta | None
    """Longest time from the first request on, such as 10m"""

    max_questions: int | None
    """What the budget policy may ask at most, pairs"""

    max_text_bytes: int | None
    """Longer texts are rejected [default: 1048576]"""

    max_tokens: int | None
    """Tokens of a text that are read; longer texts are truncated and marked. [default: the model's own]"""

    min_gain: float | None
    """What a verdict must be worth to be asked for, in wrong decisions: at 0.02, fifty questions are asked to put one
    decision right. More asks less and is right less often [default: 0.02]"""

    mode: Literal["auto", "think", "keyed", "array", "digits", "yes-no", "standard"] | None
    """How the judge is asked [default: auto]"""

    models: str | Sequence[str] | None
    """Models by tag, preferred first; what is absent is skipped. [default: medgemma:1.5-4b-q4 of Ollama, else the first
    that the server lists]"""

    num_ctx: int | None
    """Tokens of context that the server keeps for prompt and answer [default: 8192]"""

    ollama: str | Sequence[str] | None
    """An Ollama server; repeat it to share the load. [default: OLLAMA_HOST, else http://127.0.0.1:11434]"""

    only: Literal["match", "no_match", "review"] | None
    """Write only pairs of these decisions: match, no_match, review. The summary counts all"""

    onnxruntime: str | os.PathLike[str] | None
    """The ONNX Runtime library. [default: ORT_DYLIB_PATH, midband's data folder, Python's onnxruntime, the system's]"""

    parts: bool | None
    """Write where each score came from, as `parts`: additive log odds of prior, features and verdict. `contradictions`
    says in words where two clinical texts exclude each other, such as \"side of cataract: left / right\""""

    policy: Literal["band", "gain", "budget", "target"] | None
    """Which pairs are asked. [default: target with --target, band with --band, else gain]"""

    pull: bool | None
    """Pull the first model where no server has any"""

    reference: str | None
    """Whose word a target is certified against: the judge's, or that of the input's labels, which are then read in the
    place of a judge, only where the policy wants them; pairs without one stay unanswered [default: judge]"""

    request_timeout: str | None
    """Longest time that one request to the judge may take, such as 10m; more only where the measured speed says that it
    needs more [default: 5m]"""

    sample: int | None
    """Pairs that a policy learns from; the rest of a longer input is scored by what they taught [default: 100000]"""

    second_look: str | None
    """Ask unsure pairs again: think (with thoughts) or swap (a and b swapped)"""

    seed: int | None
    """Seed of every random choice [default: 0]"""

    target: str | Mapping[str, float] | None
    """A quality to certify against the judge: accuracy=X, precision=X, recall=X, precision=X,recall=Y or f1=X"""

    task: str | None
    """What \"match\" means: patient-match, same-question, same-concept, same-person, same-product, same-work, same-
    thing, similarity, or a TOML file (docs/tasks.md). auto takes the calibration's, else what the texts suggest, and
    says so; without texts (serve, doctor) it is patient-match [default: auto]"""

    task_kind: str | None
    """What the texts are. [default: records where most texts read \"field: value; …\", narratives where most read as
    clinical notes, else general]"""

    threads: int | None
    """Threads for embedding, 1,024 at most; 0 = one a core [default: 0]"""

    time_limit: str | None
    """Time for asking, such as 30m: the best questions come first, and what is open at its end stays unanswered.
    [default: none]"""


class MatchOptions(TypedDict, total=False):
    """Options of ``midband match``."""

    allow_batch_dependent: bool | None
    """Accept a model whose embeddings depend on what else is in the batch"""

    allow_remote_judge: bool | None
    """Allow a judge that is not on this machine: pair text leaves it"""

    audit: int | None
    """Settled pairs that the judge is asked about at the end, drawn at random: how often it says otherwise, with an
    interval [default: 0]"""

    band: str | tuple[float, float] | None
    """The ambiguous band: below LOWER a pair is rejected, from UPPER on accepted, between them the judge is asked.
    [default: 0.5..0.9 on the cosine of all-MiniLM-L6-v2, 0.2..0.8 on the proxy score]"""

    band_on: Literal["cosine", "proxy"] | None
    """What the band is laid on. [default: cosine]"""

    batch_size: int | str | tuple[int, int] | None
    """Pairs in a request, 1 to 16: a number, or bounds within which the fastest is found. [default: 4 with thoughts,
    4..16 without]"""

    batch_tokens: int | None
    """Tokens in a batch, padding included [default: 1024]"""

    block_on: str | Sequence[str] | None
    """Pair only records that agree by one of these rules: a column, or columns and forms of them joined by +, such as
    birth_date or prefix(family_name,3)+year(birth_date). An empty value agrees with nothing. [default: rules that the
    columns suggest; for texts none]"""

    cache: str | os.PathLike[str] | None
    """Folder of the caches of embeddings and verdicts: a second run asks and embeds nothing again. Holds no text"""

    cache_max_size: int | None
    """Bound on both caches together, such as 2GB: what was used longest ago goes at the start of a run. [default:
    none]"""

    candidates: str | None
    """Who proposes pairs of texts: embedding, lexical (rare words) or both, their rankings fused. [default: both]"""

    column: Mapping[str, str] | Sequence[str] | None
    """The type of a column where the one that was found is wrong: NAME=TYPE, such as birth_date=date. Repeat it, or put
    commas between"""

    columns: str | Sequence[str] | None
    """Columns whose values the output gets, such as surname_l and surname_r; `all` for every one"""

    compare: Literal["auto", "columns", "text"] | None
    """How records are compared: by their columns, by their texts, or whichever tells them apart [default: auto]"""

    cost_false_match: float | None
    """Cost of calling two different things a match. [default: 1; 5 for lists of people whose columns are compared]"""

    cost_missed_match: float | None
    """Cost of missing a match. [default: 1]"""

    cost_review: float | None
    """Cost of a person's look at a pair; pairs for which it pays get decision = review. A cost that is given means
    --goal cost"""

    deadline: str | timedelta | None
    """Time after the start at which what is still open stays unanswered, such as 30s"""

    delta: float | None
    """Probability that a certified promise is broken [default: 0.1]"""

    different: str | Sequence[str] | None
    """Records with different values in one of these columns are different (decided_by = rule). An empty value says
    nothing"""

    embed: Literal["all", "auto"] | None
    """Which pairs are embedded, where a policy learns [default: auto]"""

    embed_model: str | None
    """An embedding model by name (`midband models list`) [default: all-MiniLM-L6-v2]"""

    embed_model_dir: str | os.PathLike[str] | None
    """A folder with model.onnx and its tokenizer files"""

    exact: bool | None
    """Compare every vector with every other one, whatever the size"""

    explain: bool | None
    """Ask for a short reason of each score: one more request a pair"""

    features: str | Sequence[str] | None
    """What is compared beside the cosine: all, cosine, or a list of names and groups [default: all]"""

    fresh: bool | None
    """Ask again even where the cache holds a verdict"""

    goal: Literal["accuracy", "f1", "cost"] | None
    """What the decisions are to be good at. [default: the calibration's; else f1 where texts read as records, accuracy
    where they do not or where columns are compared]"""

    in_flight: int | None
    """Most requests at once to one server; fewer where fewer get more done. [default: 2 to Ollama, else 16]"""

    include_text: bool | None
    """Write the texts too, as `a` and `b`"""

    judge_url: str | Sequence[str] | None
    """A server of the OpenAI API (llama.cpp, vLLM, LM Studio, TGI), such as http://host:8000/v1; repeat it to share the
    load. Its key comes from the variable MIDBAND_JUDGE_API_KEY and from nowhere else"""

    keep_alive: str | timedelta | None
    """How long the model stays loaded after a request; -1 for ever [default: 24h]"""

    known_state: str | os.PathLike[str] | None
    """A folder that keeps the list, for nights whose cost grows with the new records and not with the list. The first
    run resolves LEFT and keeps it there; in every later run LEFT holds new records. The folder holds the records
    themselves"""

    left_id: str | None
    """The column of the left list's ids, where it is another one"""

    lexicon: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    """A lexicon of your own: CSV or Parquet with the columns form, concept, kind and relations (docs/clinical.md). Its
    names count in addition to the built-in clinical ones. Repeatable. `midband lexicon import` makes one of a UMLS,
    RxNorm or SNOMED CT release"""

    link_type: Literal["link_only", "dedupe_only", "link_and_dedupe"] | None
    """Which pairs are looked for: link_only between two lists, dedupe_only within one, link_and_dedupe in two lists and
    within each of them. [default: link_only with two lists, dedupe_only with one]"""

    llama_server: str | os.PathLike[str] | None
    """The program of llama.cpp's server for --judge local. [default: llama-server on the PATH, else the Python package
    that scripts/live-judge sets up]"""

    log: Literal["text", "json"] | None
    """How standard error speaks: text, or one JSON object a line with its time. Where it is no terminal, a line says
    every half minute how far the run is [default: text]"""

    many_to_one: bool | None
    """Two lists: each left record is in one match at most, its best; right records may be in many"""

    map: Mapping[str, str] | Sequence[str] | None
    """Columns of the two lists that hold the same under other names: LEFT=RIGHT, such as surname=last_name. Repeat it,
    or put commas between"""

    max_calls: int | None
    """Most requests of the run"""

    max_judge_time: str | timedelta | None
    """Longest time from the first request on, such as 10m"""

    max_questions: int | None
    """What the budget policy may ask at most, pairs"""

    max_text_bytes: int | None
    """Records of longer texts are rejected [default: 1048576]"""

    max_tokens: int | None
    """Tokens of a text that are read; longer texts are truncated and marked. [default: the model's own]"""

    min_gain: float | None
    """What a verdict must be worth to be asked for, in wrong decisions: at 0.02, fifty questions are asked to put one
    decision right. More asks less and is right less often [default: 0.02]"""

    min_proxy: float | None
    """Pairs with a smaller proxy score are counted and not written"""

    mode: Literal["auto", "think", "keyed", "array", "digits", "yes-no", "standard"] | None
    """How the judge is asked [default: auto]"""

    models: str | Sequence[str] | None
    """Models by tag, preferred first; what is absent is skipped. [default: medgemma:1.5-4b-q4 of Ollama, else the first
    that the server lists]"""

    no_neighbours: bool | None
    """Score each pair by its two texts alone, and not also by how it stands among the other candidates of its
    records"""

    num_ctx: int | None
    """Tokens of context that the server keeps for prompt and answer [default: 8192]"""

    ollama: str | Sequence[str] | None
    """An Ollama server; repeat it to share the load. [default: OLLAMA_HOST, else http://127.0.0.1:11434]"""

    one_to_one: bool | None
    """Two lists: each record is in one match at most; the matches with the largest sum of log odds stay, the others
    become no_match with resolved = one_to_one"""

    only: Literal["match", "no_match", "review"] | None
    """Write only pairs of these decisions: match, no_match, review. The summary counts all"""

    onnxruntime: str | os.PathLike[str] | None
    """The ONNX Runtime library. [default: ORT_DYLIB_PATH, midband's data folder, Python's onnxruntime, the system's]"""

    parts: bool | None
    """Write where each score came from, as `parts`: additive log odds of prior, features and verdict. `contradictions`
    says in words where two clinical texts exclude each other, such as \"side of cataract: left / right\""""

    policy: Literal["band", "gain", "budget", "target"] | None
    """Which pairs are asked. [default: target with --target, band with --band, else gain]"""

    pull: bool | None
    """Pull the first model where no server has any"""

    reference: str | None
    """Whose word a target is certified against: the judge's, or that of the input's labels, which are then read in the
    place of a judge, only where the policy wants them; pairs without one stay unanswered [default: judge]"""

    request_timeout: str | None
    """Longest time that one request to the judge may take, such as 10m; more only where the measured speed says that it
    needs more [default: 5m]"""

    right_id: str | None
    """The column of the right list's ids, where it is another one"""

    same: str | Sequence[str] | None
    """Records with equal values in one of these columns (of the left list) are the same (decided_by = rule), whatever
    else they say. A person's label stands before it"""

    sample: int | None
    """Pairs that a policy learns from; the rest of a longer input is scored by what they taught [default: 100000]"""

    second_look: str | None
    """Ask unsure pairs again: think (with thoughts) or swap (a and b swapped)"""

    seed: int | None
    """Seed of every random choice [default: 0]"""

    target: str | Mapping[str, float] | None
    """A quality to certify against the judge: accuracy=X, precision=X, recall=X, precision=X,recall=Y or f1=X"""

    task: str | None
    """What \"match\" means: patient-match, same-question, same-concept, same-person, same-product, same-work, same-
    thing, similarity, or a TOML file (docs/tasks.md). auto takes the calibration's, else what the texts suggest, and
    says so; without texts (serve, doctor) it is patient-match [default: auto]"""

    task_kind: str | None
    """What the texts are. [default: records where most texts read \"field: value; …\", narratives where most read as
    clinical notes, else general]"""

    text: str | Sequence[str] | None
    """The columns that are compared; several are joined as \"column: value; …\". [default: all but the id]"""

    threads: int | None
    """Threads for embedding, 1,024 at most; 0 = one a core [default: 0]"""

    time_limit: str | None
    """Time for asking, such as 30m: the best questions come first, and what is open at its end stays unanswered.
    [default: none]"""

    top_k: int | None
    """Partners that each record proposes, at most [default: 5]"""


class CalibrateOptions(TypedDict, total=False):
    """Options of ``midband calibrate``."""

    allow_batch_dependent: bool | None
    """Accept a model whose embeddings depend on what else is in the batch"""

    allow_remote_judge: bool | None
    """Allow a judge that is not on this machine: pair text leaves it"""

    batch_size: int | str | tuple[int, int] | None
    """Pairs in a request, 1 to 16: a number, or bounds within which the fastest is found. [default: 4 with thoughts,
    4..16 without]"""

    batch_tokens: int | None
    """Tokens in a batch, padding included [default: 1024]"""

    cache: str | os.PathLike[str] | None
    """Folder of the caches of embeddings and verdicts: a second run asks and embeds nothing again. Holds no text"""

    cache_max_size: int | None
    """Bound on both caches together, such as 2GB: what was used longest ago goes at the start of a run. [default:
    none]"""

    cost_false_match: float | None
    """Cost of calling two different things a match. [default: 1; 5 for lists of people whose columns are compared]"""

    cost_missed_match: float | None
    """Cost of missing a match. [default: 1]"""

    cost_review: float | None
    """Cost of a person's look at a pair; pairs for which it pays get decision = review. A cost that is given means
    --goal cost"""

    deadline: str | timedelta | None
    """Time after the start at which what is still open stays unanswered, such as 30s"""

    embed_model: str | None
    """An embedding model by name (`midband models list`) [default: all-MiniLM-L6-v2]"""

    embed_model_dir: str | os.PathLike[str] | None
    """A folder with model.onnx and its tokenizer files"""

    explain: bool | None
    """Ask for a short reason of each score: one more request a pair"""

    features: str | Sequence[str] | None
    """What is compared beside the cosine: all, cosine, or a list of names and groups [default: all]"""

    fresh: bool | None
    """Ask again even where the cache holds a verdict"""

    goal: Literal["accuracy", "f1", "cost"] | None
    """What the decisions are to be good at. [default: the calibration's; else f1 where texts read as records, accuracy
    where they do not or where columns are compared]"""

    gold: str | None
    """A numeric field with graded gold in 0..1, instead of `label`"""

    in_flight: int | None
    """Most requests at once to one server; fewer where fewer get more done. [default: 2 to Ollama, else 16]"""

    judge_url: str | Sequence[str] | None
    """A server of the OpenAI API (llama.cpp, vLLM, LM Studio, TGI), such as http://host:8000/v1; repeat it to share the
    load. Its key comes from the variable MIDBAND_JUDGE_API_KEY and from nowhere else"""

    keep_alive: str | timedelta | None
    """How long the model stays loaded after a request; -1 for ever [default: 24h]"""

    lexicon: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    """A lexicon of your own: CSV or Parquet with the columns form, concept, kind and relations (docs/clinical.md). Its
    names count in addition to the built-in clinical ones. Repeatable. `midband lexicon import` makes one of a UMLS,
    RxNorm or SNOMED CT release"""

    llama_server: str | os.PathLike[str] | None
    """The program of llama.cpp's server for --judge local. [default: llama-server on the PATH, else the Python package
    that scripts/live-judge sets up]"""

    log: Literal["text", "json"] | None
    """How standard error speaks: text, or one JSON object a line with its time [default: text]"""

    max_calls: int | None
    """Most requests of the run"""

    max_judge_time: str | timedelta | None
    """Longest time from the first request on, such as 10m"""

    max_text_bytes: int | None
    """Longer texts are rejected [default: 1048576]"""

    max_tokens: int | None
    """Tokens of a text that are read; longer texts are truncated and marked. [default: the model's own]"""

    mode: Literal["auto", "think", "keyed", "array", "digits", "yes-no", "standard"] | None
    """How the judge is asked [default: auto]"""

    models: str | Sequence[str] | None
    """Models by tag, preferred first; what is absent is skipped. [default: medgemma:1.5-4b-q4 of Ollama, else the first
    that the server lists]"""

    num_ctx: int | None
    """Tokens of context that the server keeps for prompt and answer [default: 8192]"""

    ollama: str | Sequence[str] | None
    """An Ollama server; repeat it to share the load. [default: OLLAMA_HOST, else http://127.0.0.1:11434]"""

    onnxruntime: str | os.PathLike[str] | None
    """The ONNX Runtime library. [default: ORT_DYLIB_PATH, midband's data folder, Python's onnxruntime, the system's]"""

    pull: bool | None
    """Pull the first model where no server has any"""

    request_timeout: str | None
    """Longest time that one request to the judge may take, such as 10m; more only where the measured speed says that it
    needs more [default: 5m]"""

    second_look: str | None
    """Ask unsure pairs again: think (with thoughts) or swap (a and b swapped)"""

    seed: int | None
    """Seed of every random choice [default: 0]"""

    task: str | None
    """What \"match\" means: patient-match, same-question, same-concept, same-person, same-product, same-work, same-
    thing, similarity, or a TOML file (docs/tasks.md). auto takes the calibration's, else what the texts suggest, and
    says so; without texts (serve, doctor) it is patient-match [default: auto]"""

    task_kind: str | None
    """What the texts are. [default: records where most texts read \"field: value; …\", narratives where most read as
    clinical notes, else general]"""

    threads: int | None
    """Threads for embedding, 1,024 at most; 0 = one a core [default: 0]"""


class EvaluateOptions(TypedDict, total=False):
    """Options of ``midband eval``."""

    calibration: str | os.PathLike[str] | None
    """The calibration that was in force: shows what each feature weighs in it"""

    cost_false_match: float | None
    """Cost of calling two different things a match. [default: 1; 5 for lists of people whose columns are compared]"""

    cost_missed_match: float | None
    """Cost of missing a match. [default: 1]"""


class ReportOptions(TypedDict, total=False):
    """Options of ``midband report``."""

    cost_false_match: float | None
    """Cost of calling two different things a match. [default: 1; 5 for lists of people whose columns are compared]"""

    cost_missed_match: float | None
    """Cost of missing a match. [default: 1]"""

    gold: str | None
    """A numeric field with graded gold in 0..1, instead of `label`"""

    id: str | None
    """The pair's id: a field's name, or a column's position from 1 [default: id]"""

    include_text: bool | None
    """Show the pairs' texts in the review list"""

    left: str | None
    """The left text [default: a]"""

    max_text_bytes: int | None
    """Longer texts are rejected [default: 1048576]"""

    review: int | None
    """Pairs in the review list, and of which the page shows what their scores are made of [default: 50]"""

    right: str | None
    """The right text [default: b]"""


class ReviewOptions(TypedDict, total=False):
    """Options of ``midband review``."""

    for_: Literal["decide", "calibrate"] | None
    """What the labels are for: to decide the pairs that wait for a person, or to calibrate and to measure with pairs
    drawn at random. Where no pair waits, some are drawn at random to be looked at [default: decide]"""

    gold: str | None
    """A numeric field with graded gold in 0..1, instead of `label`"""

    id: str | None
    """The pair's id: a field's name, or a column's position from 1 [default: id]"""

    left: str | None
    """The left text [default: a]"""

    max_text_bytes: int | None
    """Longer texts are rejected [default: 1048576]"""

    most: int | None
    """Pairs on the page at most. [default: 500; 100 to calibrate]"""

    random: int | None
    """So many pairs drawn at random from all; the same as `--for calibrate --most N`"""

    right: str | None
    """The right text [default: b]"""

    seed: int | None
    """Seed of what is drawn at random [default: 0]"""
