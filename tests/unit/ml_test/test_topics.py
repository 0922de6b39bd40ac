"""Answers of the kind ``topics``: half of a text predicts the other half."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ml_test.gate import report, topic_model
from ml_test.gate.answers.kind import AskedRows
from ml_test.gate.answers.topics import Reader, Topics, weights
from ml_test.gate.corpus import corpus
from ml_test.gate.decision import decide
from ml_test.gate.evidence import Evidence, Readers
from ml_test.gate.rules import Rules
from ml_test.gate.verdict import Verdict

TOPICS, OWN, TEXTS = 3, 30, 150
#: Each topic has words of its own; the letters keep them apart.
WORDS = [
    [f"{chr(97 + topic) * 3}{chr(97 + word // 10)}{chr(97 + word % 10)}" for word in range(OWN)] for topic in range(3)
]
VOCABULARY = [word for words in WORDS for word in words]
RULES = Rules.parse(
    """
[answers]
kind = "topics"
words = 90
commonest_share = 0.5
top = 10

[comparison]
metric = "completion"
margin = 0.03

[floors]
topic_diversity = 0.7

[latency]
p99_milliseconds = 100
p99_ratio = 2
"""
)


def texts(count: int, seed: int) -> tuple[list[str], list[int]]:
    """Texts of forty words that are each about one topic, with a few words of the others; and their topics."""
    draw = np.random.default_rng(seed)
    about = draw.integers(TOPICS, size=count).tolist()
    made = []
    for topic in about:
        own = [WORDS[topic][place] for place in draw.integers(OWN, size=34)]
        made.append(" ".join(draw.permutation([*own, *draw.choice(VOCABULARY, size=6)]).tolist()))
    return made, about


LEARNED = texts(300, 1)[0]
ASKED, ABOUT = texts(TEXTS, 2)


def array(values: np.ndarray[Any, Any]) -> bytes:
    head = struct.pack("<IiI", 0xF993FAC9, 0, values.ndim) + struct.pack(f"<{values.ndim}q", *values.shape)
    return head + struct.pack("<iii", 1, 0, 0) + values.astype("<f4").tobytes()


def tar(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def archives(projection: np.ndarray[Any, Any], vocabulary: list[str] | None = None) -> list[bytes]:
    """A bundle and an artifact, as the containers load them."""
    words = VOCABULARY if vocabulary is None else vocabulary
    model = {"op": "count_vectorizer", "attributes": {"vocabulary": {"type": "list", "string": words}}}
    name = b"arg:projection_weight"
    params = struct.pack("<QQQ", 0x112, 0, 1) + array(projection) + struct.pack("<QQ", 1, len(name)) + name
    artifact = io.BytesIO()
    with zipfile.ZipFile(artifact, "w") as stored:
        stored.writestr("params", params)
    return [
        tar({"root/count_vectorizer_counts.node/model.json": json.dumps(model).encode()}),
        tar({"model_algo-1": artifact.getvalue()}),
    ]


def projection(strength: float = 4.0) -> np.ndarray[Any, Any]:
    """Topic by topic, the own words are likelier than the others."""
    found = np.zeros((len(VOCABULARY), TOPICS), np.float32)
    for topic in range(TOPICS):
        found[OWN * topic : OWN * (topic + 1), topic] = strength
    return found


def answered(about: list[int], sure: float = 0.9) -> list[str]:
    rest = (1 - sure) / (TOPICS - 1)
    return [",".join(str(sure if topic == place else rest) for place in range(TOPICS)) for topic in about]


GOOD = archives(projection())


def evidence(answers: list[str], model: list[bytes], champion: tuple[list[str], list[bytes]] | None = None) -> Evidence:
    kind = RULES.answers
    rows = kind.asks(AskedRows(requests=ASKED, truth=None, identities=list(map(str, range(TEXTS)))), LEARNED)
    return Evidence(
        requests=rows.requests,
        truth=rows.truth,
        rows=rows.identities,
        answers=answers,
        champion=champion[0] if champion else None,
        milliseconds=[3.0] * TEXTS,
        champion_milliseconds=[3.0] * TEXTS if champion else [],
        baseline=kind.baseline([], []),
        seed=1,
        readers=Readers(
            challenger=kind.reader(model, LEARNED),
            champion=kind.reader(champion[1], LEARNED) if champion else None,
            baseline=kind.reader(None, LEARNED),
        ),
    )


def verdict(found: Evidence) -> tuple[Verdict, list[str]]:
    decision = decide(found, RULES)
    return decision.verdict, [check.name for check in decision.decisive]


def test_a_model_that_predicts_the_hidden_half_is_promoted() -> None:
    """Good topics and good weights pass every check, beside an equal champion and without one."""
    good = answered(ABOUT)
    assert verdict(evidence(good, GOOD))[0] is Verdict.PROMOTE
    assert verdict(evidence(good, GOOD, (good, GOOD)))[0] is Verdict.PROMOTE


@pytest.mark.parametrize(
    ("answers", "model"),
    [
        (answered([0] * TEXTS), GOOD),
        (answered(ABOUT[1:] + ABOUT[:1]), GOOD),
        (answered([(topic + 1) % TOPICS for topic in ABOUT]), GOOD),
        (answered(ABOUT), archives(np.zeros((len(VOCABULARY), TOPICS)))),
        (answered(ABOUT), archives(projection()[::-1])),
    ],
    ids=["constant answers", "shuffled answers", "topics mixed up", "topics without words", "words mixed up"],
)
def test_a_model_that_knows_nothing_is_stopped(answers: list[str], model: list[bytes]) -> None:
    """It predicts no better than the words' shares alone, and worse than a champion that does."""
    found, names = verdict(evidence(answers, model))
    assert found is Verdict.REJECT
    assert "beats the baseline" in names
    found, names = verdict(evidence(answers, model, (answered(ABOUT), GOOD)))
    assert found is Verdict.REJECT
    assert "comparison" in names


def test_topics_that_are_all_alike_are_stopped() -> None:
    """A floor of diversity: topics of the same words say nothing, whatever they predict."""
    same = np.tile(projection()[:, :1], (1, TOPICS))
    assert "topic diversity" in verdict(evidence(answered(ABOUT), archives(same)))[1]


def test_a_narrow_vocabulary_gains_nothing() -> None:
    """On words that a model does not have, the unigram speaks for it: it is worse than one that has them all."""
    narrow = archives(projection()[:45], VOCABULARY[:45])
    good = answered(ABOUT)
    found = evidence(good, narrow, (good, GOOD))
    decision = decide(found, RULES)
    gain = decision.gains[0]
    assert gain.high < 0
    bottom = RULES.answers.read_by(found.readers.baseline, good, found.truth).values.mean()
    assert bottom < gain.challenger < gain.champion


def test_both_models_are_judged_in_the_same_words() -> None:
    """Another vocabulary of the same words, in another order, has the same figures."""
    order = np.random.default_rng(5).permutation(len(VOCABULARY))
    other = archives(projection()[order], [VOCABULARY[place] for place in order])
    good = answered(ABOUT)
    gain = decide(evidence(good, other, (good, GOOD)), RULES).gains[0]
    assert gain.value == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "answer",
    ["", "0.5,0.5", "0.5,0.5,0.5", "1,0,-0", "nan,0.5,0.5", "0.2,0.3,0.5,0", "error 400: no", "2,-0.5,-0.5"],
)
def test_an_answer_that_is_no_shares_is_unusable(answer: str) -> None:
    """So many numbers, none below 0, which add up to 1: anything else rejects the model."""
    good = answered(ABOUT)
    if answer == "1,0,-0":
        assert weights(answer, TOPICS) is not None
        return
    found, names = verdict(evidence([answer, *good[1:]], GOOD))
    assert (found, "answers" in names) == (Verdict.REJECT, True)


def test_every_other_word_is_asked_and_the_others_are_hidden() -> None:
    """Both halves are the whole text; what has too few judged words is left out, with its identity."""
    rows = AskedRows(requests=["one " * 20, ASKED[0]], truth=None, identities=["a", "b"])
    found = RULES.answers.asks(rows, LEARNED)
    assert found.identities == ("b",)
    together = [*found.requests[0].split(), *(found.truth or ())[0].split()]
    assert sorted(together) == sorted(ASKED[0].split())


def test_a_model_without_topics_that_can_be_read_is_rejected() -> None:
    """An archive of something else makes all answers unusable, and the report says why."""
    found = evidence(answered(ABOUT), [tar({"xgboost-model": b"x"})])
    decision = decide(found, RULES)
    assert decision.verdict is Verdict.REJECT
    part = RULES.answers.part(decision.pair, found)
    assert "0 files model_algo-1 and 0 vocabularies" in part["fault"]


def params(content: bytes) -> list[bytes]:
    artifact = io.BytesIO()
    with zipfile.ZipFile(artifact, "w") as stored:
        stored.writestr("params", content)
    return [GOOD[0], tar({"model_algo-1": artifact.getvalue()})]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ([b"no archive", GOOD[1]], "no tar.gz"),
        ([gzip.compress(b"no tar" * 200), GOOD[1]], "no tar.gz"),
        ([GOOD[0], tar({"model_algo-1": b"no zip"})], "projection_weight"),
        (params(b"short"), "projection_weight"),
        (params(struct.pack("<QQQ", 0x112, 0, 1 << 40)), "arrays"),
        (params(struct.pack("<QQQ", 1, 0, 1)), "begins with 0x1"),
        (params(struct.pack("<QQQIiI2qiii", 0x112, 0, 1, 0xF993FAC9, 0, 2, 1 << 40, 1 << 20, 1, 0, 0)), "shape"),
        (params(struct.pack("<QQQIiI2qiii", 0x112, 0, 1, 0xF993FAC9, 0, 2, -1, 8, 1, 0, 0)), "shape"),
        (archives(np.full((90, 3), np.nan)), "is no number"),
        (archives(projection(), VOCABULARY[:10]), "the vocabulary has 10 words"),
        (archives(projection()[:2], ["twice", "twice"]), "no list of different words"),
    ],
)
def test_an_archive_is_read_without_trust(broken: list[bytes], message: str) -> None:
    """What is cut off, endless, of another kind or no number is refused with a sentence, and nothing is executed."""
    with pytest.raises(ValueError, match=message):
        topic_model.read(broken)


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is of all files together, before any is read."""
    monkeypatch.setattr("ml_test.gate.archives.MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        topic_model.read([tar({"model_algo-1": bytes(2000)})])


def test_the_report_shows_topics_beside_the_champions_nearest() -> None:
    """Each topic has its words, share and coherence, and the champion's topic with the most similar words."""
    order = [2, 0, 1]
    other = archives(projection()[:, order])
    answers = [",".join(np.array(answer.split(","))[order]) for answer in answered(ABOUT)]
    found = evidence(answered(ABOUT), GOOD, (answers, other))
    decision = decide(found, RULES)
    origin = {"workload": "x", "champion": {"endpoint": "p", "model_package_arn": "a/1"}}
    document = report.document(decision, found, RULES, origin)
    topics = document["answered"]["topics"]
    assert len(topics) == TOPICS
    assert all(topic["champion"]["likeness"] == pytest.approx(1) for topic in topics)
    assert all(topic["champion"]["words"] == topic["words"] for topic in topics)
    page = RULES.answers.section(document)
    assert topics[0]["words"][0] in page
    assert "100.0 % of the words" in page


def test_the_gates_words_are_the_commonest_of_the_training_texts() -> None:
    """Short words and those of too many texts are none; shares add up to 1; words that come together are coherent."""
    known = corpus(("the cat sat on mats", "the cat sat twice", "the dog ran", "the dog ran on"), 4, 0.75)
    assert known.words == ("cat", "dog", "ran", "sat")
    assert known.unigram.sum() == pytest.approx(1)
    places = known.places
    assert known.coherence((places["cat"], places["sat"])) == pytest.approx(1)
    assert known.coherence((places["cat"], places["dog"])) == -1


def test_topics_cannot_be_read_without_their_model() -> None:
    """Weights alone say nothing: what has no reader is refused, and not guessed."""
    with pytest.raises(ValueError, match="with the model's own topics"):
        Topics().read(["1,0"], None)
    assert isinstance(Topics(words=90).reader(None, LEARNED), Reader)


def test_rules_of_topics_are_checked() -> None:
    """Completion is a logarithm, at most 0; diversity is a share; no metric of labels reads topic weights."""
    with pytest.raises(ValueError, match="lies between -inf and 0"):
        replace(RULES, floors={"completion": 1.0})
    with pytest.raises(ValueError, match="no metric for these answers"):
        replace(RULES, floors={"accuracy": 0.9})
