"""Uses the client that openapi-python-client made of the server's document: every answer is of its type.

    PYTHONPATH=FOLDER_OF_midband_client python use.py URL KEY
"""

import sys
import time
import uuid

from midband_client import AuthenticatedClient, Client
from midband_client.api.jobs import create_job, delete_job, get_job, get_job_scores, list_jobs
from midband_client.api.reports import analyze_json
from midband_client.api.scores import score, verdicts
from midband_client.api.server import info, ready
from midband_client.models import (
    Analysis,
    AnalyzeRequest,
    DecisionName,
    Info,
    Job,
    JobList,
    JobRequest,
    JobState,
    PairIn,
    PolicyName,
    Problem,
    Ready,
    ScoreRequest,
    ScoreResponse,
    VerdictsRequest,
)
from midband_client.types import Unset

url, key = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key)
pairs = [
    PairIn(id="one", a="heart attack", b="myocardial infarction", label=1),
    PairIn(id="two", a="heart attack", b="broken toe", label=0),
]


def of(kind, answer):
    assert isinstance(answer, kind), f"{type(answer)} is not {kind}: {answer}"
    return answer


of(Ready, ready.sync(client=Client(base_url=url)))
assert of(Info, info.sync(client=client)).limits.pairs > 0
scored = of(ScoreResponse, score.sync(client=client, body=ScoreRequest(pairs=pairs, policy=PolicyName.BAND, deadline_ms=5000)))
assert [row.id for row in scored.scores] == ["one", "two"]
assert all(row.decision is DecisionName.REVIEW and row.status != "late" for row in scored.scores)
assert scored.summary.pairs == 2 and scored.summary.late == 0
assert scored.provenance.judge == "none" and scored.provenance.judge_fingerprint is None
report = of(Analysis, analyze_json.sync(client=client, body=AnalyzeRequest(pairs=pairs, source="a client")))
assert report.source == "a client" and report.pairs == len(report.scores) == 2
assert of(Problem, verdicts.sync(client=client, body=VerdictsRequest(pairs=pairs))).status == 503
assert of(Problem, score.sync(client=client, body=ScoreRequest(pairs=pairs, task="other"))).status == 422
assert of(Problem, info.sync(client=Client(base_url=url))).status == 401

# An idempotency key makes one job of two requests.
sent = {"client": client, "body": JobRequest(pairs=pairs), "idempotency_key": str(uuid.uuid4())}
job = of(Job, create_job.sync(**sent))
assert of(Job, create_job.sync(**sent)).id == job.id
assert job.id in [one.id for one in of(JobList, list_jobs.sync(client=client)).jobs]
end = time.monotonic() + 120
while job.state is not JobState.FINISHED:
    assert job.state is not JobState.FAILED and time.monotonic() < end, job
    time.sleep(0.2)
    job = of(Job, get_job.sync(job.id, client=client))
done = of(ScoreResponse, get_job_scores.sync(job.id, client=client))
assert [row.id for row in done.scores] == ["one", "two"] and not isinstance(done.summary, Unset)
assert delete_job.sync_detailed(job.id, client=client).status_code == 204
print("the generated Python client: all answers are of their types")
