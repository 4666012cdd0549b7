"""The options of each function. Written by make_options.py from the command's own; do not edit."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal, TypedDict


class ScoreOptions(TypedDict, total=False):
    """Options of ``midband score``."""

    allow_batch_dependent: bool | None
    """Allow a model whose embeddings depend on the other texts in the batch"""

    allow_remote_judge: bool | None
    """Allow a judge on another machine. Pair text is sent there"""

    audit: int | None
    """Number of settled pairs, drawn at random, to ask the judge about at the end. Reports how often it disagrees, with
    an interval [default: 0]"""

    band: str | tuple[float, float] | None
    """The ambiguous band. Pairs below LOWER are rejected, pairs from UPPER up are accepted, and the judge is asked
    about the rest. [default: 0.5..0.9 on the cosine of all-MiniLM-L6-v2, 0.2..0.8 on the proxy score]"""

    band_on: Literal["cosine", "proxy"] | None
    """The score that the band applies to. [default: cosine]"""

    batch_size: int | str | tuple[int, int] | None
    """Pairs per request, 1 to 16: a number, or a range in which midband finds the fastest. [default: 4 with thoughts,
    4..16 without]"""

    batch_tokens: int | None
    """Tokens per embedding batch, including padding [default: 1024]"""

    cache: str | os.PathLike[str] | None
    """Folder to cache embeddings and verdicts in, so that a second run embeds and asks nothing again. Contains no
    text"""

    cache_max_size: int | None
    """Maximum size of both caches together, such as 2GB. A run first removes the least recently used entries. [default:
    none]"""

    cost_false_match: float | None
    """Cost of a false match. [default: 1; 5 for lists of people compared by columns]"""

    cost_missed_match: float | None
    """Cost of a missed match. [default: 1]"""

    cost_review: float | None
    """Cost of a manual review. Pairs that are worth it get decision = review. Implies --goal cost"""

    deadline: str | timedelta | None
    """Time after the start of the run when midband stops asking, such as 30s. Open questions stay unanswered"""

    delta: float | None
    """Probability that the certified quality is not met [default: 0.1]"""

    embed: Literal["all", "auto"] | None
    """Which pairs to embed if the policy learns [default: auto]"""

    embed_model: str | None
    """Embedding model by name (see `midband models list`) [default: all-MiniLM-L6-v2]"""

    embed_model_dir: str | os.PathLike[str] | None
    """Folder with your own model: model.onnx and its tokenizer files"""

    expand_terms: Literal["auto", "on", "off"] | None
    """Whether to write out names of the lexicons before texts are embedded: \"T2DM (type 2 diabetes)\". Only the
    embedding model reads these texts [default: auto]"""

    explain: bool | None
    """Ask the judge for a short reason: one extra request per pair"""

    features: str | Sequence[str] | None
    """Features to use: all, cosine (the cosine alone), or a list of names and groups [default: all]"""

    fresh: bool | None
    """Ignore cached verdicts and ask again"""

    goal: Literal["accuracy", "f1", "cost"] | None
    """Goal of the decisions. [default: cost if a cost is named; else that of the calibration; else f1 for texts that
    look like records, accuracy for other texts and for columns]"""

    gold: str | None
    """Numeric field with graded labels from 0 to 1, instead of `label`"""

    in_flight: int | None
    """Maximum concurrent requests per server; lowered automatically if that is faster. [default: 2 for Ollama, else
    16]"""

    include_text: bool | None
    """Include the texts in the output, as `a` and `b`"""

    judge_url: str | Sequence[str] | None
    """URL of a server with the OpenAI API (llama.cpp, vLLM, LM Studio, TGI), such as http://host:8000/v1. Repeat the
    flag to share the load. Set its key in the variable MIDBAND_JUDGE_API_KEY; there is no flag for it"""

    keep_alive: str | timedelta | None
    """How long Ollama keeps the model loaded after a request; -1 means forever [default: 24h]"""

    lexicon: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    """Your own lexicon: CSV or Parquet with the columns form, concept, kind and relations (docs/clinical.md). midband
    adds its names to the built-in clinical ones. Repeatable. `midband lexicon import` makes one from a UMLS, RxNorm or
    SNOMED CT release"""

    llama_server: str | os.PathLike[str] | None
    """Path of llama.cpp's server for --judge local. [default: llama-server on the PATH, else the Python package that
    scripts/live-judge installs]"""

    log: Literal["text", "json"] | None
    """Format of standard error: text, or one JSON object per line with a timestamp. If standard error is not a
    terminal, progress appears as a line every ten seconds [default: text]"""

    max_calls: int | None
    """Maximum number of requests in the run"""

    max_judge_time: str | timedelta | None
    """Time limit from the first request on, such as 10m"""

    max_questions: int | None
    """Maximum number of pairs to ask the judge about. Implies `--policy budget`"""

    max_text_bytes: int | None
    """Reject pairs with a longer text [default: 1048576]"""

    max_tokens: int | None
    """Maximum tokens per text. Longer texts are truncated and marked. [default: the model's limit]"""

    min_gain: float | None
    """Minimum expected gain of a judge call, in wrong decisions avoided. At 0.02, the judge may be asked fifty
    questions to correct one decision. A higher value means fewer questions and more errors [default: 0.02]"""

    mode: Literal["auto", "think", "keyed", "array", "digits", "yes-no", "standard"] | None
    """Prompting mode of the judge [default: auto]"""

    models: str | Sequence[str] | None
    """Models by tag in order of preference; missing ones are skipped. [default: for Ollama medgemma1.5 or
    medgemma:1.5-4b-q4, whichever is there; else the first model that the server lists]"""

    num_ctx: int | None
    """Context length in tokens, for prompt and answer together [default: 8192]"""

    ollama: str | Sequence[str] | None
    """URL of an Ollama server. Repeat the flag to share the load. [default: OLLAMA_HOST, else
    http://127.0.0.1:11434]"""

    only: Literal["match", "no_match", "review"] | None
    """Write only pairs with these decisions: match, no_match, review. The summary counts all pairs"""

    onnxruntime: str | os.PathLike[str] | None
    """Path of the ONNX Runtime library. [default: ORT_DYLIB_PATH, midband's data folder, Python's onnxruntime, the
    system's]"""

    parts: bool | None
    """Include how each score is made up: `parts` has the additive log odds of prior, features and verdict.
    `contradictions` names clinical statements that exclude each other, such as \"side of cataract: left / right\""""

    policy: Literal["band", "gain", "budget", "target"] | None
    """Which pairs to ask the judge about. [default: target with --target, band with --band, budget with --max-
    questions, else gain]"""

    pull: bool | None
    """Pull the first model if no server has one of --models"""

    reference: str | None
    """Reference for --target: the judge, or `gold` for the labels in the input. With `gold`, midband reads labels
    instead of asking a judge, and only those that the policy needs. Pairs without a label stay unanswered [default:
    judge]"""

    request_timeout: str | None
    """Time limit per request to the judge, such as 10m. midband extends it if the measured speed shows that a request
    needs longer [default: 5m]"""

    sample: int | None
    """Number of pairs to learn from. The other pairs of a longer input are scored with the result [default: 100000]"""

    second_look: str | None
    """Ask again if the judge is unsure: think (with thoughts) or swap (a and b swapped)"""

    seed: int | None
    """Seed for all random choices [default: 0]"""

    target: str | Mapping[str, float] | None
    """Quality to certify against the judge's answers: accuracy=X, precision=X, recall=X, precision=X,recall=Y or
    f1=X"""

    task: str | None
    """The meaning of \"match\": patient-match, same-question, same-concept, same-person, same-product, same-work, same-
    thing, similarity, or a TOML file (docs/tasks.md). auto uses the calibration's task, else the task that the texts
    suggest. Without texts (serve, doctor), auto is patient-match [default: auto]"""

    task_kind: str | None
    """Kind of texts. [default: records if most texts look like \"field: value; …\", narratives if most look like
    clinical notes, else general]"""

    threads: int | None
    """Embedding threads, at most 1,024; 0 means one per core [default: 0]"""

    time_limit: str | None
    """Time limit for asking the judge, such as 30m. The most useful questions come first; the rest stays unanswered.
    [default: none]"""


class MatchOptions(TypedDict, total=False):
    """Options of ``midband match``."""

    allow_batch_dependent: bool | None
    """Allow a model whose embeddings depend on the other texts in the batch"""

    allow_remote_judge: bool | None
    """Allow a judge on another machine. Pair text is sent there"""

    audit: int | None
    """Number of settled pairs, drawn at random, to ask the judge about at the end. Reports how often it disagrees, with
    an interval [default: 0]"""

    band: str | tuple[float, float] | None
    """The ambiguous band. Pairs below LOWER are rejected, pairs from UPPER up are accepted, and the judge is asked
    about the rest. [default: 0.5..0.9 on the cosine of all-MiniLM-L6-v2, 0.2..0.8 on the proxy score]"""

    band_on: Literal["cosine", "proxy"] | None
    """The score that the band applies to. [default: cosine]"""

    batch_size: int | str | tuple[int, int] | None
    """Pairs per request, 1 to 16: a number, or a range in which midband finds the fastest. [default: 4 with thoughts,
    4..16 without]"""

    batch_tokens: int | None
    """Tokens per embedding batch, including padding [default: 1024]"""

    block_on: str | Sequence[str] | None
    """Compare only records that agree on one of these blocking rules: a column, or columns and functions of columns
    joined by +, such as birth_date or prefix(family_name,3)+year(birth_date). Empty values never agree. [default: rules
    that fit the columns; none for texts]"""

    cache: str | os.PathLike[str] | None
    """Folder to cache embeddings and verdicts in, so that a second run embeds and asks nothing again. Contains no
    text"""

    cache_max_size: int | None
    """Maximum size of both caches together, such as 2GB. A run first removes the least recently used entries. [default:
    none]"""

    candidates: str | None
    """How to find candidate pairs of texts: embedding, lexical (rare words), or both with fused rankings. [default:
    both]"""

    cluster_threshold: float | None
    """Join two groups of records if the mean log odds of their pairs exceed those of this probability. Pairs for review
    count with their score. A higher threshold keeps such pairs apart but splits large groups [default: 0.5]"""

    column: Mapping[str, str] | Sequence[str] | None
    """Correct the type of a column: NAME=TYPE, such as birth_date=date. Repeat the flag or separate with commas"""

    columns: str | Sequence[str] | None
    """Columns to copy to the output, such as surname to surname_l and surname_r; `all` for every column"""

    compare: Literal["auto", "columns", "text"] | None
    """How to compare records: column by column, as texts, or whichever fits the lists [default: auto]"""

    cost_false_match: float | None
    """Cost of a false match. [default: 1; 5 for lists of people compared by columns]"""

    cost_missed_match: float | None
    """Cost of a missed match. [default: 1]"""

    cost_review: float | None
    """Cost of a manual review. Pairs that are worth it get decision = review. Implies --goal cost"""

    deadline: str | timedelta | None
    """Time after the start of the run when midband stops asking, such as 30s. Open questions stay unanswered"""

    delta: float | None
    """Probability that the certified quality is not met [default: 0.1]"""

    different: str | Sequence[str] | None
    """Records with different values in one of these columns never match (decided_by = rule). Empty values do not
    count"""

    embed: Literal["all", "auto"] | None
    """Which pairs to embed if the policy learns [default: auto]"""

    embed_model: str | None
    """Embedding model by name (see `midband models list`) [default: all-MiniLM-L6-v2]"""

    embed_model_dir: str | os.PathLike[str] | None
    """Folder with your own model: model.onnx and its tokenizer files"""

    exact: bool | None
    """Compare every vector with every other, even in long lists"""

    expand_terms: Literal["auto", "on", "off"] | None
    """Whether to write out names of the lexicons before texts are embedded: \"T2DM (type 2 diabetes)\". Only the
    embedding model reads these texts [default: auto]"""

    explain: bool | None
    """Ask the judge for a short reason: one extra request per pair"""

    features: str | Sequence[str] | None
    """Features to use: all, cosine (the cosine alone), or a list of names and groups [default: all]"""

    fresh: bool | None
    """Ignore cached verdicts and ask again"""

    goal: Literal["accuracy", "f1", "cost"] | None
    """Goal of the decisions. [default: cost if a cost is named; else that of the calibration; else f1 for texts that
    look like records, accuracy for other texts and for columns]"""

    golden_rule: str | Sequence[str] | None
    """How a golden record chooses a value: most_frequent, longest, most_recent(COLUMN), trusted(COLUMN,VALUE,…),
    trusted(left) or trusted(right); for one column, as in phone=most_recent(updated). Repeat the flag or separate with
    commas. [default: most_frequent]"""

    in_flight: int | None
    """Maximum concurrent requests per server; lowered automatically if that is faster. [default: 2 for Ollama, else
    16]"""

    include_text: bool | None
    """Include the texts in the output, as `a` and `b`"""

    judge_url: str | Sequence[str] | None
    """URL of a server with the OpenAI API (llama.cpp, vLLM, LM Studio, TGI), such as http://host:8000/v1. Repeat the
    flag to share the load. Set its key in the variable MIDBAND_JUDGE_API_KEY; there is no flag for it"""

    keep_alive: str | timedelta | None
    """How long Ollama keeps the model loaded after a request; -1 means forever [default: 24h]"""

    known_state: str | os.PathLike[str] | None
    """Folder that keeps the list between runs, so that the cost of a run depends on the new records only. The first run
    resolves LEFT and stores it there; in later runs, LEFT holds new records. The folder contains the records
    themselves"""

    left_id: str | None
    """Column with the ids of the left list, if not --id"""

    lexicon: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    """Your own lexicon: CSV or Parquet with the columns form, concept, kind and relations (docs/clinical.md). midband
    adds its names to the built-in clinical ones. Repeatable. `midband lexicon import` makes one from a UMLS, RxNorm or
    SNOMED CT release"""

    link_type: Literal["link_only", "dedupe_only", "link_and_dedupe"] | None
    """Which pairs to find: between two lists (link_only), within one list (dedupe_only), or both between and within two
    lists (link_and_dedupe). [default: link_only for two lists, dedupe_only for one]"""

    llama_server: str | os.PathLike[str] | None
    """Path of llama.cpp's server for --judge local. [default: llama-server on the PATH, else the Python package that
    scripts/live-judge installs]"""

    log: Literal["text", "json"] | None
    """Format of standard error: text, or one JSON object per line with a timestamp. If standard error is not a
    terminal, progress appears as a line every ten seconds [default: text]"""

    many_to_one: bool | None
    """For two lists: at most one match per left record, the best. Right records may have several"""

    map: Mapping[str, str] | Sequence[str] | None
    """Columns with the same content but different names: LEFT=RIGHT, such as surname=last_name. Repeat the flag or
    separate with commas"""

    max_calls: int | None
    """Maximum number of requests in the run"""

    max_judge_time: str | timedelta | None
    """Time limit from the first request on, such as 10m"""

    max_questions: int | None
    """Maximum number of pairs to ask the judge about. Implies `--policy budget`"""

    max_text_bytes: int | None
    """Reject records with a longer text [default: 1048576]"""

    max_tokens: int | None
    """Maximum tokens per text. Longer texts are truncated and marked. [default: the model's limit]"""

    merges: Literal["propose", "join"] | None
    """What to do if a new record matches two known clusters: propose a merge and leave them apart, or join them
    [default: propose]"""

    min_gain: float | None
    """Minimum expected gain of a judge call, in wrong decisions avoided. At 0.02, the judge may be asked fifty
    questions to correct one decision. A higher value means fewer questions and more errors [default: 0.02]"""

    min_proxy: float | None
    """Count pairs with a lower proxy score but do not write them"""

    mode: Literal["auto", "think", "keyed", "array", "digits", "yes-no", "standard"] | None
    """Prompting mode of the judge [default: auto]"""

    models: str | Sequence[str] | None
    """Models by tag in order of preference; missing ones are skipped. [default: for Ollama medgemma1.5 or
    medgemma:1.5-4b-q4, whichever is there; else the first model that the server lists]"""

    no_neighbours: bool | None
    """Score each pair by its two texts alone, regardless of the other candidates of its records"""

    num_ctx: int | None
    """Context length in tokens, for prompt and answer together [default: 8192]"""

    ollama: str | Sequence[str] | None
    """URL of an Ollama server. Repeat the flag to share the load. [default: OLLAMA_HOST, else
    http://127.0.0.1:11434]"""

    one_to_one: bool | None
    """For two lists: at most one match per record. midband keeps the matches with the largest sum of log odds; the
    others become no_match with resolved = one_to_one"""

    only: Literal["match", "no_match", "review"] | None
    """Write only pairs with these decisions: match, no_match, review. The summary counts all pairs"""

    onnxruntime: str | os.PathLike[str] | None
    """Path of the ONNX Runtime library. [default: ORT_DYLIB_PATH, midband's data folder, Python's onnxruntime, the
    system's]"""

    parts: bool | None
    """Include how each score is made up: `parts` has the additive log odds of prior, features and verdict.
    `contradictions` names clinical statements that exclude each other, such as \"side of cataract: left / right\""""

    policy: Literal["band", "gain", "budget", "target"] | None
    """Which pairs to ask the judge about. [default: target with --target, band with --band, budget with --max-
    questions, else gain]"""

    pull: bool | None
    """Pull the first model if no server has one of --models"""

    reference: str | None
    """Reference for --target: the judge, or `gold` for the labels in the input. With `gold`, midband reads labels
    instead of asking a judge, and only those that the policy needs. Pairs without a label stay unanswered [default:
    judge]"""

    request_timeout: str | None
    """Time limit per request to the judge, such as 10m. midband extends it if the measured speed shows that a request
    needs longer [default: 5m]"""

    right_id: str | None
    """Column with the ids of the right list, if not --id"""

    same: str | Sequence[str] | None
    """Records with equal values in one of these columns (named as in the left list) always match (decided_by = rule),
    unless --labels says otherwise"""

    sample: int | None
    """Number of pairs to learn from. The other pairs of a longer input are scored with the result [default: 100000]"""

    second_look: str | None
    """Ask again if the judge is unsure: think (with thoughts) or swap (a and b swapped)"""

    seed: int | None
    """Seed for all random choices [default: 0]"""

    target: str | Mapping[str, float] | None
    """Quality to certify against the judge's answers: accuracy=X, precision=X, recall=X, precision=X,recall=Y or
    f1=X"""

    task: str | None
    """The meaning of \"match\": patient-match, same-question, same-concept, same-person, same-product, same-work, same-
    thing, similarity, or a TOML file (docs/tasks.md). auto uses the calibration's task, else the task that the texts
    suggest. Without texts (serve, doctor), auto is patient-match [default: auto]"""

    task_kind: str | None
    """Kind of texts. [default: records if most texts look like \"field: value; …\", narratives if most look like
    clinical notes, else general]"""

    text: str | Sequence[str] | None
    """Columns to compare as text; several are joined as \"column: value; …\". [default: all but the id]"""

    threads: int | None
    """Embedding threads, at most 1,024; 0 means one per core [default: 0]"""

    time_limit: str | None
    """Time limit for asking the judge, such as 30m. The most useful questions come first; the rest stays unanswered.
    [default: none]"""

    top_k: int | None
    """Maximum number of candidates per record, for texts [default: 5]"""


class CalibrateOptions(TypedDict, total=False):
    """Options of ``midband calibrate``."""

    allow_batch_dependent: bool | None
    """Allow a model whose embeddings depend on the other texts in the batch"""

    allow_remote_judge: bool | None
    """Allow a judge on another machine. Pair text is sent there"""

    batch_size: int | str | tuple[int, int] | None
    """Pairs per request, 1 to 16: a number, or a range in which midband finds the fastest. [default: 4 with thoughts,
    4..16 without]"""

    batch_tokens: int | None
    """Tokens per embedding batch, including padding [default: 1024]"""

    cache: str | os.PathLike[str] | None
    """Folder to cache embeddings and verdicts in, so that a second run embeds and asks nothing again. Contains no
    text"""

    cache_max_size: int | None
    """Maximum size of both caches together, such as 2GB. A run first removes the least recently used entries. [default:
    none]"""

    cost_false_match: float | None
    """Cost of a false match. [default: 1; 5 for lists of people compared by columns]"""

    cost_missed_match: float | None
    """Cost of a missed match. [default: 1]"""

    cost_review: float | None
    """Cost of a manual review. Pairs that are worth it get decision = review. Implies --goal cost"""

    deadline: str | timedelta | None
    """Time after the start of the run when midband stops asking, such as 30s. Open questions stay unanswered"""

    embed_model: str | None
    """Embedding model by name (see `midband models list`) [default: all-MiniLM-L6-v2]"""

    embed_model_dir: str | os.PathLike[str] | None
    """Folder with your own model: model.onnx and its tokenizer files"""

    expand_terms: Literal["auto", "on", "off"] | None
    """Whether to write out names of the lexicons before texts are embedded: \"T2DM (type 2 diabetes)\". Only the
    embedding model reads these texts [default: auto]"""

    explain: bool | None
    """Ask the judge for a short reason: one extra request per pair"""

    features: str | Sequence[str] | None
    """Features to use: all, cosine (the cosine alone), or a list of names and groups [default: all]"""

    fresh: bool | None
    """Ignore cached verdicts and ask again"""

    goal: Literal["accuracy", "f1", "cost"] | None
    """Goal of the decisions. [default: cost if a cost is named; else that of the calibration; else f1 for texts that
    look like records, accuracy for other texts and for columns]"""

    gold: str | None
    """Numeric field with graded labels from 0 to 1, instead of `label`"""

    in_flight: int | None
    """Maximum concurrent requests per server; lowered automatically if that is faster. [default: 2 for Ollama, else
    16]"""

    judge_url: str | Sequence[str] | None
    """URL of a server with the OpenAI API (llama.cpp, vLLM, LM Studio, TGI), such as http://host:8000/v1. Repeat the
    flag to share the load. Set its key in the variable MIDBAND_JUDGE_API_KEY; there is no flag for it"""

    keep_alive: str | timedelta | None
    """How long Ollama keeps the model loaded after a request; -1 means forever [default: 24h]"""

    lexicon: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    """Your own lexicon: CSV or Parquet with the columns form, concept, kind and relations (docs/clinical.md). midband
    adds its names to the built-in clinical ones. Repeatable. `midband lexicon import` makes one from a UMLS, RxNorm or
    SNOMED CT release"""

    llama_server: str | os.PathLike[str] | None
    """Path of llama.cpp's server for --judge local. [default: llama-server on the PATH, else the Python package that
    scripts/live-judge installs]"""

    log: Literal["text", "json"] | None
    """Format of standard error: text, or one JSON object per line with a timestamp [default: text]"""

    max_calls: int | None
    """Maximum number of requests in the run"""

    max_judge_time: str | timedelta | None
    """Time limit from the first request on, such as 10m"""

    max_text_bytes: int | None
    """Reject pairs with a longer text [default: 1048576]"""

    max_tokens: int | None
    """Maximum tokens per text. Longer texts are truncated and marked. [default: the model's limit]"""

    mode: Literal["auto", "think", "keyed", "array", "digits", "yes-no", "standard"] | None
    """Prompting mode of the judge [default: auto]"""

    models: str | Sequence[str] | None
    """Models by tag in order of preference; missing ones are skipped. [default: for Ollama medgemma1.5 or
    medgemma:1.5-4b-q4, whichever is there; else the first model that the server lists]"""

    num_ctx: int | None
    """Context length in tokens, for prompt and answer together [default: 8192]"""

    ollama: str | Sequence[str] | None
    """URL of an Ollama server. Repeat the flag to share the load. [default: OLLAMA_HOST, else
    http://127.0.0.1:11434]"""

    onnxruntime: str | os.PathLike[str] | None
    """Path of the ONNX Runtime library. [default: ORT_DYLIB_PATH, midband's data folder, Python's onnxruntime, the
    system's]"""

    pull: bool | None
    """Pull the first model if no server has one of --models"""

    request_timeout: str | None
    """Time limit per request to the judge, such as 10m. midband extends it if the measured speed shows that a request
    needs longer [default: 5m]"""

    second_look: str | None
    """Ask again if the judge is unsure: think (with thoughts) or swap (a and b swapped)"""

    seed: int | None
    """Seed for all random choices [default: 0]"""

    task: str | None
    """The meaning of \"match\": patient-match, same-question, same-concept, same-person, same-product, same-work, same-
    thing, similarity, or a TOML file (docs/tasks.md). auto uses the calibration's task, else the task that the texts
    suggest. Without texts (serve, doctor), auto is patient-match [default: auto]"""

    task_kind: str | None
    """Kind of texts. [default: records if most texts look like \"field: value; …\", narratives if most look like
    clinical notes, else general]"""

    threads: int | None
    """Embedding threads, at most 1,024; 0 means one per core [default: 0]"""


class EvaluateOptions(TypedDict, total=False):
    """Options of ``midband eval``."""

    calibration: str | os.PathLike[str] | None
    """The calibration of the run: shows the weight of each feature"""

    cost_false_match: float | None
    """Cost of a false match. [default: 1; 5 for lists of people compared by columns]"""

    cost_missed_match: float | None
    """Cost of a missed match. [default: 1]"""


class ReportOptions(TypedDict, total=False):
    """Options of ``midband report``."""

    cost_false_match: float | None
    """Cost of a false match. [default: 1; 5 for lists of people compared by columns]"""

    cost_missed_match: float | None
    """Cost of a missed match. [default: 1]"""

    gold: str | None
    """Numeric field with graded labels from 0 to 1, instead of `label`"""

    id: str | None
    """Column with the pair's id: a name, or a position from 1 [default: id]"""

    include_text: bool | None
    """Show texts in the review list"""

    left: str | None
    """Column with the left text [default: a]"""

    max_text_bytes: int | None
    """Reject pairs with a longer text [default: 1048576]"""

    review: int | None
    """Number of pairs in the review list, each with the evidence for its score [default: 50]"""

    right: str | None
    """Column with the right text [default: b]"""

    show: str | Sequence[str] | None
    """Show this pair too, by its id, with the evidence for its score. Can be repeated; these pairs come first"""


class ReviewOptions(TypedDict, total=False):
    """Options of ``midband review``."""

    for_: Literal["decide", "calibrate"] | None
    """Purpose of the labels: to decide the pairs that wait for review, or to calibrate and measure with pairs drawn at
    random. If no pair waits, the page shows some at random [default: decide]"""

    gold: str | None
    """Numeric field with graded labels from 0 to 1, instead of `label`"""

    id: str | None
    """Column with the pair's id: a name, or a position from 1 [default: id]"""

    left: str | None
    """Column with the left text [default: a]"""

    max_text_bytes: int | None
    """Reject pairs with a longer text [default: 1048576]"""

    most: int | None
    """Maximum number of pairs on the page. [default: 500; 100 to calibrate]"""

    random: int | None
    """Draw N pairs at random: short for `--for calibrate --most N`"""

    right: str | None
    """Column with the right text [default: b]"""

    seed: int | None
    """Seed for the random draw [default: 0]"""
