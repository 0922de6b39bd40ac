"""Answers that are the weights of topics. Topics have no truth: half of a text must predict its other half.

The endpoint gets every other word of a test text, and answers with topic weights. They and the topics, which stand in
the model's own archives, give each word a probability. The other words of the text are the truth.

Both models are judged in the words of the gate (``Corpus``), whatever their vocabularies are. On words that a model
does not have, it says nothing: there, the unigram speaks for it. A narrow vocabulary gains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from handover.plain_text import number
from ml_init.words import counts
from ml_test.gate import topic_model
from ml_test.gate.answer_tables import TopicsTable
from ml_test.gate.answers.kind import TOO_FEW_ROWS, Answered, AnswerKind, AskedRows, better_than_nothing
from ml_test.gate.corpus import Corpus, corpus
from ml_test.gate.independent import numbers_alike
from ml_test.gate.intervals import mean_estimate
from ml_test.gate.tables import rows_table
from ml_test.gate.verdict import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair
    from ml_test.gate.topic_model import TopicModel

    Numbers = NDArray[np.float64]

#: So much of each prediction is the unigram's: no word costs more than 9.2 nats more than by the unigram alone.
_UNIGRAM_SHARE = 1e-4
#: Weights are shares; float32 adds them up to 1 within this.
_ROUNDING = 1e-3
#: A text whose hidden half has fewer judged words says too little.
_FEWEST_WORDS = 5
#: Rows at a time: their predictions take as many numbers as there are words.
_CHUNK = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicWords:
    """What a model's topics are in the gate's words. distributions: shape (topics, words). tops: each topic's words."""

    distributions: Numbers
    tops: tuple[tuple[int, ...], ...]
    coherences: Numbers
    diversity: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """How one model's answers are read. topics: None for the unigram, the baseline. fault: why there are none."""

    corpus: Corpus
    topics: TopicModel | None = None
    found: TopicWords | None = None
    fault: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicAnswers(Answered):
    """values: shape (rows,), the mean log-likelihood of the hidden half's words, in nats.

    shares: shape (topics,), the mean weights. An unusable answer counts as one that makes every word unlikely.
    """

    reader: Reader
    shares: Numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class Topics(TopicsTable, AnswerKind[TopicAnswers]):
    """The endpoint answers with the weights of topics, and the model's archives have the topics themselves."""

    view: ClassVar[type[TopicAnswers]] = TopicAnswers
    one: ClassVar[str] = "a list of topic weights"
    many: ClassVar[str] = "topic weights"
    baseline_knows: ClassVar[str] = "only how common each word is"
    reads_archives: ClassVar[bool] = True

    def asks(self, rows: AskedRows, learned: Sequence[str]) -> AskedRows:
        """Every other word is asked, the others are hidden. A text with too few judged words is left out."""
        places = self._corpus(learned).places
        kept = []
        for place, text in enumerate(rows.requests):
            parts = text.split()
            half, hidden = " ".join(parts[::2]), " ".join(parts[1::2])
            if sum(counts(hidden, places).values()) >= _FEWEST_WORDS:
                kept.append((half, hidden, rows.identities[place]))
        if not kept:
            raise ValueError("no test text is long enough to hide half of it")
        requests, truth, identities = zip(*kept, strict=True)
        return AskedRows(requests=requests, truth=truth, identities=identities)

    def reader(self, archives: Sequence[bytes] | None, learned: Sequence[str]) -> Reader:
        known = self._corpus(learned)
        if archives is None:
            return Reader(corpus=known)
        try:
            model = topic_model.read(archives)
            return Reader(corpus=known, topics=model, found=self._found(model, known))
        except ValueError as error:
            return Reader(corpus=known, fault=str(error))

    def read_by(
        self,
        reader: Any,
        answers: Sequence[str],
        truth: Sequence[str] | None,
        labels: Sequence[str] | None = None,  # noqa: ARG002  (there are none)
    ) -> TopicAnswers:
        if not isinstance(reader, Reader) or truth is None:
            raise ValueError("topic weights are read with the model's own topics and the hidden half of each text")
        known = reader.corpus
        hidden = [counts(text, known.places) for text in truth]
        if reader.topics is None and not reader.fault:
            none = np.zeros(len(answers), dtype=bool)
            return TopicAnswers(
                values=_likelihood(None, reader, hidden, none), unusable=none, reader=reader, shares=np.ones(1)
            )
        topics = reader.topics.topics if reader.topics else 1
        found = [None if reader.fault else weights(answer, topics) for answer in answers]
        unusable = np.array([each is None for each in found], dtype=bool)
        numbers = np.array([np.full(topics, 1 / topics) if each is None else each for each in found])
        return TopicAnswers(
            values=_likelihood(numbers, reader, hidden, unusable),
            unusable=unusable,
            reader=reader,
            shares=numbers[~unusable].mean(axis=0) if not unusable.all() else np.zeros(topics),
        )

    def read(
        self, answers: Sequence[str], truth: Sequence[str] | None, labels: Sequence[str] | None = None
    ) -> TopicAnswers:
        return self.read_by(None, answers, truth, labels)

    def baseline(self, learned: Sequence[str], labels: Sequence[str]) -> str:  # noqa: ARG002  (its reader knows the words)
        return "how common each word is"

    def against_baseline(self, challenger: TopicAnswers, baseline: TopicAnswers) -> Check:
        found = mean_estimate(challenger.values - baseline.values, swing=-float(np.log(_UNIGRAM_SHARE)))
        passed = found.low > 0
        better = "clearly better" if passed else "not clearly better"
        return Check(
            name="beats the baseline",
            outcome=better_than_nothing(surely=passed, value=found.value, rows=found.rows),
            look_at=TOO_FEW_ROWS,
            plain=f"it predicts the hidden half of a text {better} than the words' shares alone",
            sentence=f"gain over the unigram {found.value:+.4f} nats a word "
            f"(95 % interval {found.low:+.4f} to {found.high:+.4f}, which must lie above 0)",
        )

    def alike(self, champion: Sequence[str], challenger: Sequence[str]) -> float:
        """Two models' topics are not the same ones: only how decided the answers are can be compared."""
        both = [[max(map(float, answer.split(","))) for answer in each] for each in (champion, challenger)]
        return numbers_alike(*both)

    def part(self, pair: Pair[TopicAnswers], evidence: Evidence) -> dict[str, Any]:
        """Each topic as words, with its share and coherence, beside the champion's nearest topic.

        ``topic``: its number, by its place in the model's answers.
        """
        ours, known = pair.challenger.reader.found, pair.challenger.reader.corpus
        theirs = pair.champion.reader.found if evidence.champion is not None else None
        if ours is None:
            return {"topics": [], "fault": pair.challenger.reader.fault, "diversity": 0.0, "coherence": 0.0}
        nearest = _nearest(ours, theirs) if theirs else None
        topics = []
        for place, top in enumerate(ours.tops):
            entry: dict[str, Any] = {
                "topic": place + 1,
                "words": [known.words[word] for word in top],
                "share": float(pair.challenger.shares[place]),
                "coherence": float(ours.coherences[place]),
            }
            if theirs and nearest is not None:
                other, likeness = nearest[place]
                entry["champion"] = {"words": [known.words[word] for word in theirs.tops[other]], "likeness": likeness}
            topics.append(entry)
        return {
            "topics": sorted(topics, key=lambda entry: -float(entry["share"])),
            "fault": "",
            "diversity": ours.diversity,
            "coherence": float(ours.coherences.mean()),
        }

    @classmethod
    def section(cls, report: Mapping[str, Any]) -> str:
        found = report["answered"]
        if not found["topics"]:
            return f"<p>There are no topics to show: {escape(found['fault'])}.</p>"
        beside = any("champion" in topic for topic in found["topics"])
        head = ("share", "coherence", "words of the new model's topic")
        rows = []
        for topic in found["topics"]:
            row = [f"{100 * topic['share']:.1f} %", f"{topic['coherence']:.2f}", " ".join(topic["words"])]
            if beside:
                other = topic["champion"]
                row += [f"{other['likeness']:.2f}", " ".join(other["words"])]
            rows.append(row)
        more = ("likeness", "words of the champion's nearest topic") if beside else ()
        return (
            f"<p>{100 * found['diversity']:.1f} % of the words that show the topics are different ones. The words of a "
            f"topic come together in the training texts (coherence, NPMI): {found['coherence']:.3f} in the mean; 0 is "
            f"chance, 1 is always.</p>{rows_table((*head, *more), rows)}"
        )

    def _corpus(self, learned: Sequence[str]) -> Corpus:
        return corpus(tuple(learned), self.words, self.commonest_share)

    def _found(self, model: TopicModel, known: Corpus) -> TopicWords:
        """ValueError if the model's vocabulary has hardly a word that is judged."""
        ours, places = _shared(model, known)
        if len(ours) < 2 * self.top:
            raise ValueError(f"the vocabulary has {len(ours)} of the {len(known.words)} words that are judged")
        of_topics = model.probabilities(np.eye(model.topics), ours)
        distributions = np.zeros((model.topics, len(known.words)))
        distributions[:, places] = of_topics
        tops = tuple(
            tuple(int(word) for word in np.argsort(-each, kind="stable")[: self.top]) for each in distributions
        )
        return TopicWords(
            distributions=distributions,
            tops=tops,
            coherences=np.array([known.coherence(top) for top in tops]),
            diversity=_diversity(tops),
        )


def weights(answer: str, topics: int) -> Numbers | None:
    """An answer as shares of the topics, or None."""
    found = [number(part) for part in answer.split(",")]
    values = np.array([value for value in found if value is not None and value >= 0], dtype=float)
    if len(found) != topics or len(values) != topics or abs(values.sum() - 1) > _ROUNDING:
        return None
    shares: Numbers = values / values.sum()
    return shares


def _shared(model: TopicModel, known: Corpus) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of the words that both have: in the model's vocabulary, and in the gate's words."""
    places = known.places
    pairs = [(place, places[word]) for place, word in enumerate(model.words) if word in places]
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _likelihood(
    found: Numbers | None, reader: Reader, hidden: Sequence[Mapping[int, int]], unusable: NDArray[np.bool_]
) -> Numbers:
    """The mean log-likelihood of the hidden words of each row. found: topic weights; None for the unigram alone."""
    unigram, model = reader.corpus.unigram, reader.topics
    values = np.zeros(len(hidden))
    for start in range(0, len(hidden), _CHUNK):
        rows = range(start, min(start + _CHUNK, len(hidden)))
        predicted = np.tile(unigram, (len(rows), 1))
        if found is not None and model is not None:
            ours, places = _shared(model, reader.corpus)
            mass = unigram[places].sum()
            predicted[:, places] = mass * model.probabilities(found[start : start + _CHUNK], ours)
            predicted = (1 - _UNIGRAM_SHARE) * predicted + _UNIGRAM_SHARE * unigram
        for row in rows:
            words = np.fromiter(hidden[row], dtype=np.int64)
            times = np.fromiter(hidden[row].values(), dtype=float)
            likely = _UNIGRAM_SHARE * unigram[words] if unusable[row] else predicted[row - start, words]
            values[row] = float((times * np.log(likely)).sum() / times.sum())
    return values


def _diversity(tops: Sequence[Sequence[int]]) -> float:
    """The share of different words among those that show the topics."""
    return len({word for top in tops for word in top}) / sum(map(len, tops))


def _nearest(ours: TopicWords, theirs: TopicWords) -> list[tuple[int, float]]:
    """For each of our topics, the place of theirs with the most similar words, and the cosine."""
    one, other = (
        each / np.linalg.norm(each, axis=1, keepdims=True) for each in (ours.distributions, theirs.distributions)
    )
    cosines = one @ other.T
    return [(int(place), float(cosines[row, place])) for row, place in enumerate(cosines.argmax(axis=1))]
