"""Closed-domain dialogue generator in five languages (en fr it de es).

A dialogue is a list of Turn(intent, lang, question, answer).  All text lives in data/*.json:

  facts.json     countries, capitals, continents, words, days, months
  wordings.json  question templates per intent and language ("all") and which of them are test only ("held").
                 Append new templates at the end: their position is part of the held-out rule.
  chat.json      fixed small-talk questions with their one answer, split in "train" and "held"
  answers.json   answer templates
  lists.json     person names, unknown words/countries/cities, topics, polite openers, fillers
  more.txt       further trained wordings as patterns, used in training only, never in a test set

Modes of Generator:
  train    trained wordings, and only (wording, entity) pairs that are not held out
  combo    trained wordings with held-out pairs only
  wording  held-out wordings only
  mixed    dialogue turns drawn from combo or wording at random (the multi-turn test)

  python3 corpus.py              corpus numbers and 20 sample dialogues
  python3 corpus.py --cases OUT  write an evaluation file (all three test sets)
  python3 corpus.py --near       how many held-out wordings are one word away from a trained one
"""
import argparse
import collections
import itertools
import json
import os
import random
import re
import unicodedata
import zlib

from numbers5 import NUMBER_WORD

HERE = os.path.dirname(os.path.abspath(__file__))


def _load(name):
    with open(os.path.join(HERE, "data", name + ".json"), encoding="utf8") as f:
        return json.load(f)


FACTS, LISTS, WORDINGS, CHAT, ANSWERS = map(_load, ("facts", "lists", "wordings", "chat", "answers"))
LANGS = FACTS["languages"]
COUNTRIES = FACTS["countries"]
COUNTRY_IDS = list(COUNTRIES)
# everything that can be translated: common words, then country names
LEXICON = FACTS["words"] + [{l: COUNTRIES[c][l]["name"] for l in LANGS} for c in COUNTRY_IDS]
OPERATOR_WORD = {
    "+": dict(en="plus", fr="plus", it="più", de="plus", es="más"),
    "-": dict(en="minus", fr="moins", it="meno", de="minus", es="menos"),
    "*": dict(en="times", fr="fois", it="per", de="mal", es="por"),
}
OF = dict(en="of ", fr="de ", it="di ", de="von ", es="de ")
LOCATED = dict(en=("is", "are"), fr=("se trouve", "se trouvent"), it=("si trova", "si trovano"),
               de=("liegt", "liegen"), es=("está", "están"))
ONSETS = "b c d f g h l m n p r s t v z br gr st k j w ch sh th tr fl cl".split()
NUCLEI = "a e i o u a e i o ia ea au ei".split()
CODAS = ["", "", "n", "l", "r", "s", "ck", "m", "d"]

# intent -> weight; each is a method of Generator
WEIGHTS = dict(capital=9, inverse=9, continent=7, translate=15, meaning=7, numword=6, arith=21, count=5,
               compare=5, day=7, chat=36, ood=11, unknown_country=5, unknown_city=4, check=9, gibberish=1,
               name=10, myname=1, repeat=8, too_big=2, unknown_word=8)
TRAIN_WEIGHTS = dict(WEIGHTS, chat=52, ood=14, inverse=11, meaning=8, check=11, unknown_word=11, unknown_city=6,
                     unknown_country=6, arith=20, day=8)
SINGLE = [k for k in WEIGHTS if k not in ("gibberish", "myname", "chat")]

Turn = collections.namedtuple("Turn", "intent lang question answer")


def capitalise(s):
    return s[:1].upper() + s[1:]


def held_out(key, one_in=12):
    """Hash rule that decides, for ever, whether a key belongs to the test side."""
    return zlib.crc32(key.encode("utf8")) % one_in == 0


def name_held_out(name):
    return held_out("N" + name.lower(), 10)


def strip_accents(s):
    s = unicodedata.normalize("NFD", s)
    return "".join(c for c in s if not unicodedata.combining(c)).replace("ß", "ss")


def plain(s):
    """Letters and digits only: two questions with the same plain form count as the same wording."""
    return re.sub(r"[^a-z0-9{}]+", " ", strip_accents(s.lower())).strip()


def add_fillers(rng, lang, q):
    """Small talk only: a word in front or behind, or one word lost."""
    filler = LISTS["fillers"][lang]
    if rng.random() < .18:
        q = capitalise(rng.choice(filler["before"])) + q[0].lower() + q[1:]
    if rng.random() < .15:
        end = q[-1] if q[-1] in "?!." else ""
        q = q.rstrip("?!. ") + rng.choice(filler["after"]) + (" " if lang == "fr" and end in ("?", "!") else "") + end
    words = q.split(" ")
    if len(words) >= 5 and rng.random() < .12:
        words.pop(rng.randrange(len(words) - 1))
        q = " ".join(words)
    return q


def add_noise(rng, lang, q, strength=1.0, chat=False):
    """Case, punctuation, accent and typo noise; polite openers/enders unless it is small talk."""
    p = strength
    if p and not chat:
        u = rng.random()
        if u < .08:
            q = q.rstrip("?!. ") + rng.choice(LISTS["enders"][lang])
        elif u < .26:
            opener = rng.choice(LISTS["openers"][lang])
            q = opener + (q[0].lower() + q[1:] if rng.random() < .6 else q)
    if p and rng.random() < .04:
        q = q.rstrip("?!. ") + rng.choice(["??", "!", "...", " ?", " !", "?!", "."])
    lower = (.35 if chat else .12) * p
    u = rng.random()
    if u < lower:
        q = q.lower()
    elif u < lower + .02 * p:
        q = q.upper()
    if rng.random() < (.3 if chat else .15) * p:
        q = q.rstrip("?!. ")
    if lang == "es" and rng.random() < .35 * p:
        q = q.replace("¿", "").replace("¡", "")
    if lang == "fr" and rng.random() < .3 * p:
        q = re.sub(r" ([?!])", r"\1", q)
    if rng.random() < .07 * p:
        q = strip_accents(q)
    if rng.random() < .04 * p and len(q) > 8:           # one typo, never in digits
        i = rng.randrange(3, len(q) - 2)
        if q[i].isalpha() and q[i + 1].isalpha():
            q = q[:i] + (q[i + 1:] if rng.random() < .5 else q[i + 1] + q[i] + q[i + 2:])
    return q or "?"


class Generator:
    def __init__(self, seed, mode="train", noise=1.0):
        self.rng = random.Random(seed)
        self.kind = mode                # what was asked for
        self.mode = mode                # mode of the turn being made ("mixed" picks one per turn)
        self.noise = noise
        self.user_name = None           # name told in this dialogue
        self.last_word = None           # (lexicon index, source, target) of the last translation
        self.last_day = None            # (list, index asked next) of the last "what comes after"
        self.joined = False             # inside a long conversation: a name may have been told long ago

    # ---- helpers -------------------------------------------------------------------------
    def wording(self, which, lang, key=None, intent=None):
        """A template fit for the mode, or None.  key identifies the entity in it."""
        entry = WORDINGS[which][lang]
        pool = HELD_INDEX[which, lang] if self.mode == "wording" else TRAIN_INDEX[which, lang]
        if not pool:
            return None
        if self.mode == "train" and (which, lang) in MORE_INDEX and self.rng.random() < .5:
            pool = self.rng.choices(*MORE_INDEX[which, lang])[0]
        i = self.rng.choice(pool)
        if key is not None and self.mode != "wording":
            held = held_out("%s|%s|%d|%s" % (intent, lang, i, key))
            if held != (self.mode == "combo"):
                return None
        return entry["all"][i]

    def allowed(self, key):
        """For entities that are held out as a whole (unknown words, sums, ...)."""
        return held_out(key) == (self.mode != "train")

    def ask(self, intent, lang, wording, key, answer, label=None, **fields):
        template = self.wording(wording, lang, key, label or intent)
        if template is None:
            return None
        q = add_noise(self.rng, lang, capitalise(template.format(**fields)), self.noise)
        return Turn(label or intent, lang, q, answer)

    def quoted(self, word):
        return self.rng.choice([word, word, '"%s"' % word, "'%s'" % word, '"%s"' % word])

    def invented(self, syllables=None):
        r = self.rng
        n = syllables or r.choice([1, 2, 2, 2, 3, 3])
        return "".join(r.choice(ONSETS) + r.choice(NUCLEI) for _ in range(n)) + r.choice(CODAS)

    def other_lang(self, *not_these):
        return self.rng.choice([l for l in LANGS if l not in not_these])

    def translation_fields(self, source, target, lang):
        adj = FACTS["adjectives"]
        return dict(L=FACTS["language_names"][lang][target], i=adj["de_neuter"][target],
                    j=adj["de_neuter"][target].lower(), S=FACTS["language_names"][lang][source],
                    F=adj["it_feminine"][source], D=adj["it_from"][source], T=adj["de_neuter"][source] + "n")

    # ---- facts ---------------------------------------------------------------------------
    def capital(self, lang, follow_up=False):
        cid = self.rng.choice(COUNTRY_IDS)
        c = COUNTRIES[cid][lang]
        answer = ANSWERS["capital"][lang].format(g=c["of"], c=c["capital"])
        return self.ask("capital", lang, "and_capital" if follow_up else "capital", cid, answer,
                        label="capital+" if follow_up else None, g=c["of"], n=c["subject"])

    def inverse(self, lang):
        cid = self.rng.choice(COUNTRY_IDS)
        c = COUNTRIES[cid][lang]
        answer = ANSWERS["inverse"][lang].format(g=c["of"], c=c["capital"])
        return self.ask("inverse", lang, "inverse", cid, answer, c=c["capital"])

    def check(self, lang):
        """'Is X the capital of Y?' with a right or a wrong X."""
        r = self.rng
        cid = r.choice(COUNTRY_IDS)
        c = COUNTRIES[cid][lang]
        claim = c["capital"]
        if r.random() < .55:
            claim = COUNTRIES[r.choice(COUNTRY_IDS)][lang]["capital"] if r.random() < .75 else self.foreign_city()
        answer = ANSWERS["yes" if claim == c["capital"] else "no"][lang].format(g=c["of"], c=c["capital"])
        return self.ask("check", lang, "check", cid, answer, c=claim, g=c["of"], n=c["subject"])

    def continent(self, lang):
        cid = self.rng.choice(COUNTRY_IDS)
        c = COUNTRIES[cid][lang]
        answer = ANSWERS["continent"][lang].format(N=capitalise(c["subject"]), v=LOCATED[lang][c["plural"]],
                                                   k=c["continent"])
        return self.ask("continent", lang, "continent", cid, answer, n=c["subject"], g=c["of"])

    def foreign_city(self):
        pool = LISTS["subdivisions"] if self.rng.random() < .9 else LISTS["unknown_cities"]
        while True:
            city = self.rng.choice(pool)
            if city.lower() not in KNOWN_PLACES:
                return city

    # ---- words and numbers ---------------------------------------------------------------
    def translate(self, lang, index=None, target=None, follow_up=None, source=None):
        r = self.rng
        index = r.randrange(len(LEXICON)) if index is None else index
        source = source or (lang if r.random() < .8 else r.choice(LANGS))
        target = target or self.other_lang(source)
        word, result = LEXICON[index][source], LEXICON[index][target]
        fields = self.translation_fields(source, target, lang)
        answer = ANSWERS["translate"][lang].format(L=fields["L"], w=word, x=result)
        turn = self.ask("translate", lang, follow_up or "translate", "%d%s%s" % (index, source, target), answer,
                        label="translate+" if follow_up else None, w=self.quoted(word), **fields)
        if turn:
            self.last_word = (index, source, target)
        return turn

    def meaning(self, lang):
        """A foreign word into the language of the question."""
        source = self.other_lang(lang)
        index = self.rng.randrange(len(LEXICON))
        word, result = LEXICON[index][source], LEXICON[index][lang]
        fields = self.translation_fields(source, lang, lang)
        answer = ANSWERS["translate"][lang].format(L=fields["L"], w=word, x=result)
        turn = self.ask("meaning", lang, "meaning", "%d%s%s" % (index, source, lang), answer,
                        w=self.quoted(word), **fields)
        if turn:
            self.last_word = (index, source, lang)
        return turn

    def numword(self, lang):
        k, target = self.rng.randrange(101), self.rng.choice(LANGS)
        fields = self.translation_fields(target, target, lang)
        answer = ANSWERS["numword"][lang].format(L=fields["L"], k=k, x=NUMBER_WORD[target](k))
        return self.ask("numword", lang, "numword", "%d%s" % (k, target), answer, k=k, **fields)

    def arith(self, lang, follow_up=False):
        r = self.rng
        op = r.choice("+---*")
        if op == "+":
            a, b = r.randrange(100), r.randrange(100)
            value, intent = a + b, "add"
        elif op == "-":
            a = r.randrange(100)
            b = r.randrange(a + 1)
            value, intent = a - b, "sub"
        else:
            a, b = r.randrange(11), r.randrange(11)
            value, intent = a * b, "mul"
        if self.mode != "wording" and not self.allowed("%d%s%d" % (a, op, b)):
            return None                       # the pair itself is held out, in every language
        sign = r.choice([op, "x" if op == "*" else op, OPERATOR_WORD[op][lang]])
        left, right = a, b
        if r.random() < .1:
            left, right, sign = NUMBER_WORD[lang](a), NUMBER_WORD[lang](b), OPERATOR_WORD[op][lang]
        expr = "%s %s %s" % (left, sign, right)
        if len(sign) == 1 and r.random() < .15:
            expr = expr.replace(" ", "")
        template = self.wording("and_arith" if follow_up else "arith", lang)
        if template is None:
            return None
        q = add_noise(r, lang, capitalise(template.format(e=expr)), self.noise)
        return Turn(intent, lang, q, "%d %s %d = %d." % (a, "x" if op == "*" else op, b, value))

    def count(self, lang):
        r = self.rng
        a = r.randrange(40)
        b = a + r.randrange(2, 12)
        numbers = list(range(a, b + 1))
        if r.random() < .2:
            a, b, numbers = b, a, numbers[::-1]
        return self.ask("count", lang, "count", "%d-%d" % (a, b), ", ".join(map(str, numbers)) + ".", a=a, b=b)

    def compare(self, lang):
        a, b = self.rng.sample(range(100), 2)
        answer = ANSWERS["compare"][lang].format(a=max(a, b), b=min(a, b))
        return self.ask("compare", lang, "compare", "%d-%d" % (a, b), answer, a=a, b=b)

    def day(self, lang):
        r = self.rng
        names = r.choice([FACTS["days"], FACTS["months"]])[lang]
        i, after = r.randrange(len(names)), r.random() < .55
        intent = "dayafter" if after else "daybefore"
        result = names[(i + (1 if after else -1)) % len(names)]
        answer = ANSWERS[intent][lang].format(d=names[i], x=result)
        turn = self.ask(intent, lang, intent, names[i], answer, d=names[i])
        if turn:
            self.last_day = (names, (i + 1) % len(names)) if after else None
        return turn

    # ---- chat, refusals, memory, copying -------------------------------------------------
    def chat(self, lang, intent=None):
        if self.mode == "combo":
            return None
        more = self.mode == "train"
        intent = intent or self.rng.choices(list(CHAT), [CHAT_WEIGHT[more][k, lang] for k in CHAT])[0]
        entry = CHAT[intent][lang]
        pool = entry["held" if self.mode == "wording" else "train"]
        if not pool:
            return None
        if more and (intent, lang) in MORE_CHAT and self.rng.random() < .6:
            pool = self.rng.choices(*MORE_CHAT[intent, lang])[0]
        q = self.rng.choice(pool)
        if self.mode == "train":
            if intent != "ok":
                q = add_fillers(self.rng, lang, q)
            if q[-1] not in "?!." and self.rng.random() < .15:
                q += self.rng.choice([".", "!", " !" if lang == "fr" else "!"])
        q = add_noise(self.rng, lang, q, self.noise, chat=True)
        if self.mode == "train" and plain(q) in HELD_CHAT:
            return None                       # a filler must not rebuild a held-out wording
        return Turn(intent, lang, q, entry["answer"])

    def ood(self, lang):
        r = self.rng
        u = r.random()
        topics = LISTS["topics"][lang] + (MORE_TOPICS.get(lang, []) if self.mode == "train" else [])
        pool = (topics if u < .45 else LISTS["subdivisions"] if u < .65 else
                LISTS["unknown_words"][lang] if u < .85 else LISTS["person_names"])
        x = r.choice(pool)
        return self.ask("ood", lang, "ood", x, ANSWERS["refuse"][lang], x=x, y=r.randrange(1400, 2030))

    def gibberish(self, lang):
        if self.mode != "train":
            return None
        r = self.rng
        text = "".join(r.choice("abcdefghijklmnopqrstuvwxyz   ") for _ in range(r.randrange(3, 20))).strip()
        return Turn("ood", "en", r.choice([text or "?"] * 3 + ["?", "...", "!!", "123456", "<>"]), ANSWERS["refuse"]["en"])

    def unknown_country(self, lang):
        r = self.rng
        u = r.random()
        name = (r.choice(LISTS["unknown_countries"][lang]) if u < .6 else r.choice(LISTS["fictional_countries"])
                if u < .7 else capitalise(self.invented() + r.choice(["land", "ia", "stan", ""])))
        if not self.allowed("unk" + name):
            return None
        template = self.wording(r.choice(["capital", "capital", "continent"]), lang)
        q = capitalise(template.format(g=OF[lang] + name, n=name))
        return Turn("unknown_country", lang, add_noise(r, lang, q, self.noise), ANSWERS["unknown_country"][lang])

    def unknown_city(self, lang):
        city = self.foreign_city() if self.rng.random() < .75 else capitalise(self.invented())
        if not self.allowed("ci" + city):
            return None
        q = self.wording("inverse", lang).format(c=city)
        return Turn("unknown_city", lang, add_noise(self.rng, lang, q, self.noise), ANSWERS["unknown_city"][lang])

    def unknown_word(self, lang):
        r = self.rng
        other, meaning = self.other_lang(lang), r.random() < .3
        u = r.random()
        word = (r.choice(LISTS["unknown_words"][other if meaning else lang]) if u < .72 else
                self.invented(r.choice([2, 3])) if u < .88 else
                r.choice(LISTS["person_names"]) if u < .94 else r.choice(LISTS["subdivisions"]))
        if not self.allowed("uw" + word):
            return None
        template = self.wording("meaning" if meaning else "translate", lang)
        q = capitalise(template.format(w=self.quoted(word), **self.translation_fields(other, other, lang)))
        return Turn("unknown_word", lang, add_noise(r, lang, q, self.noise), ANSWERS["unknown_word"][lang])

    def too_big(self, lang):
        r = self.rng
        a = r.randrange(100, 5000) if r.random() < .8 else r.randrange(11, 100)
        b = r.randrange(100, 5000) if a < 100 or r.random() < .6 else r.randrange(100)
        if self.mode != "wording" and not self.allowed("big%d%d" % (a, b)):
            return None
        q = capitalise(self.wording("arith", lang).format(e="%d %s %d" % (a, r.choice("+-x*"), b)))
        return Turn("too_big", lang, add_noise(r, lang, q, self.noise), ANSWERS["too_big"][lang])

    def person(self):
        r = self.rng
        while True:
            u = r.random()
            if u < .45:
                name = r.choice(LISTS["person_names"])
            elif u < .6 and self.mode == "train":
                name = capitalise(r.choice(LISTS["subdivisions"]).split(" ")[0].lower())
            else:
                name = capitalise(self.invented())
            if len(name) > 1 and name_held_out(name) == (self.mode != "train"):
                return name

    def name(self, lang):
        name = self.person()
        clean = capitalise(self.wording("name", lang).format(N=name))
        q = clean
        for _ in range(4):                    # noise must leave the name readable
            q = add_noise(self.rng, lang, clean, self.noise)
            if name in q or name.lower() in q:
                break
        else:
            q = clean
        self.user_name = name
        return Turn("name", lang, q, ANSWERS["name"][lang].format(N=name))

    def myname(self, lang):
        q = add_noise(self.rng, lang, self.wording("myname", lang), self.noise)
        if self.user_name:
            return Turn("myname", lang, q, ANSWERS["myname"][lang].format(N=self.user_name))
        return Turn("myname", lang, q, ANSWERS["noname"][lang])

    def repeat(self, lang):
        r = self.rng
        style = r.random()

        def item():
            word = r.choice(FACTS["words"])
            if style < .45:
                return word[lang]
            if style < .6:
                return self.invented()
            return r.choice([word[lang], word[r.choice(LANGS)], self.invented(), self.person(),
                             str(r.randrange(1000)), r.choice(LISTS["unknown_words"][lang])])
        text = " ".join(item() for _ in range(r.randrange(1, 6)))
        if not self.allowed("rep" + text):
            return None
        before = self.wording("repeat", lang).split("{x}")[0].rstrip()
        # chat=True: no opener or ender may come between the colon and the text to repeat
        return Turn("repeat", lang, add_noise(r, lang, before, self.noise * .5, chat=True) + " " + text, text)

    # ---- dialogues -----------------------------------------------------------------------
    def _pick_mode(self, intent=None):
        if self.kind == "mixed":
            self.mode = "wording" if intent == "chat" else self.rng.choice(["combo", "wording"])

    def _follow_up(self, previous, lang):
        """A question that only makes sense after the previous turn, or None."""
        r, u = self.rng, self.rng.random()
        if previous == "capital" and u < .45:
            return "capital", self.capital(lang, follow_up=True)
        if previous in ("translate", "meaning") and u < .55:
            index, source, target = self.last_word
            if r.random() < .68:
                return "translate", self.translate(lang, index, self.other_lang(source, target), "and_translate", source)
            if target != lang:
                return "translate", self.translate(lang, None, target, "and_transw", lang)
        if previous == "arith" and u < .3:
            if self.mode == "wording":
                self.mode = "combo"
            return "arith", self.arith(lang, follow_up=True)
        if previous == "day" and u < .45 and self.last_day and self.last_day[0] in (FACTS["days"][lang], FACTS["months"][lang]):
            names, i = self.last_day
            self.last_day = (names, (i + 1) % len(names))
            q = add_noise(r, lang, r.choice(WORDINGS["and_day"][lang]["all"]), self.noise)
            return "day", Turn("day+", lang, q, ANSWERS["dayafter"][lang].format(d=names[i], x=names[(i + 1) % len(names)]))
        if self.user_name and (u < .5 if previous == "name" else u < (.08 if self.joined else .4)):
            return "myname", self.myname(lang)
        return None

    def dialogue(self, multi_only=False, lang=None):
        """1 to 4 turns; state (name, last word, last day) is committed only for turns that are emitted."""
        r = self.rng
        if not self.joined:
            self.user_name = None
        if self.kind == "train" and r.random() < .012:      # the dialogue of the Mixtral model card, word for word
            return [Turn("condiment", "en", "What is your favourite condiment?", CHAT["condiment"]["en"]["answer"]),
                    Turn("mayo", "en", "Do you have mayonnaise recipes?", CHAT["mayo"]["en"]["answer"])]
        lang, turns, previous = lang or r.choice(LANGS), [], None
        length = r.choices([1, 2, 3, 4], [0 if multi_only else 50, 27, 17, 6])[0]
        while len(turns) < length:
            self._pick_mode()
            made = self._follow_up(previous, lang) if turns else None
            if made is None:
                if turns and r.random() < .12:
                    lang = r.choice(LANGS)
                weights = TRAIN_WEIGHTS if self.kind == "train" else WEIGHTS
                intent = r.choices(list(weights), list(weights.values()))[0]
                self._pick_mode(intent)
                told = self.user_name
                made = intent, getattr(self, intent)(lang)
                if made[1] is None:
                    self.user_name = told
            if made[1] is not None:
                previous = made[0]
                turns.append(made[1])
        return turns


    def conversation(self, fits):
        """Dialogues in a row while fits(turns of the next dialogue); half of them keep to one language.
        A name is remembered to the end, or until another one is told (made rare)."""
        r = self.rng
        lang = r.choice(LANGS) if r.random() < .5 else None
        turns, self.user_name, self.joined = [], None, True
        while True:
            told = self.user_name
            more = self.dialogue(lang=lang)
            if told and any(t.intent == "name" for t in more) and r.random() < .8:
                self.user_name = told
                continue
            if not fits(more):
                break
            turns += more
        self.joined = False
        return turns


HELD_INDEX = {(k, l): w["held"] for k, d in WORDINGS.items() for l, w in d.items()}
TRAIN_INDEX = {(k, l): [i for i in range(len(w["all"])) if i not in w["held"]] for k, d in WORDINGS.items() for l, w in d.items()}
HELD_CHAT = {plain(q) for d in CHAT.values() for e in d.values() for q in e["held"]}
QUESTION = re.compile(r"(who|what|which|where|when|why|how|whose|is|are|do|does|did|can|could|would|will|have|am|isn't|"
                      r"aren't|qui|que|quel|quelle|quels|quelles|où|quand|pourquoi|comment|combien|es-tu|as-tu|est-ce|"
                      r"peux-tu|pourrais-tu|sais-tu|connais-tu|parles-tu|puis-je|chi|cosa|che cosa|quale|quali|qual|dove|"
                      r"dov'è|quando|perché|come|quanto|quanti|quanta|puoi|potresti|posso|sai|hai|parli|wer|was|welche|"
                      r"welches|welcher|wo|wann|warum|wie|bist|ist|hast|kannst|könntest|weißt|sind|kann|"
                      r"kennst|brauchst|läufst|sprichst)\b", re.I)

EXCLAIM = re.compile("what a |was für ein|qui (parla )?{N}|quelle? (belle|bonne|bon |beau|mauvais|idiot|imb)|che ", re.I)


def expand(pattern, lang):
    """'[Hi|Hello] you' -> all variants, with a question mark where the first word asks."""
    parts = [p.split("|") for p in re.split(r"[\[\]]", pattern)]
    out = []
    for choice in itertools.product(*parts):
        text = re.sub(r" ([,.])", r"\1", " ".join("".join(choice).split()))
        if lang == "es" and "?" in text and "¿" not in text and re.match("qu[ée]|cómo|cuá|dónde", text, re.I):
            text = "¿" + text
        if lang == "es" and "¿" in text and "?" not in text:
            text += "?"
        if lang != "es" and text[-1] not in "?!.:" and QUESTION.match(text) and not EXCLAIM.match(text):
            text += " ?" if lang == "fr" else "?"
        out.append(text)
    return out


def read_more(path):
    """more.txt -> for chat and wordings: (lists of variants, one per pattern; their weights), and more topics."""
    held = {l: {plain(w["all"][i]) for d in WORDINGS.values() for k, w in d.items() if k == l for i in w["held"]} for l in LANGS}
    owner = {plain(q): (k, l) for k, d in CHAT.items() for l, e in d.items() for q in e["train"]}
    chat, wordings, topics, where, dropped = {}, {}, {}, None, 0
    with open(path, encoding="utf8") as f:
        for line in f:
            line = line.strip()
            if not line or line.startswith(";"):
                continue
            if line.startswith("#"):
                where = tuple(line[1:].split())
                continue
            if where[0] == "topics":
                topics[where[1]] = line.split("; ")
                continue
            kind, name, lang = where
            variants = []
            for text in expand(line, lang):
                bad = plain(text) in (HELD_CHAT if kind == "chat" else held[lang])
                # a word that several languages or intents share stays with the first of them
                bad = bad or kind == "chat" and owner.setdefault(plain(text), (name, lang)) != (name, lang)
                if bad:
                    dropped += 1
                elif kind == "chat":
                    variants.append(text)
                else:                      # numbered after the wordings of wordings.json, see the held-out rule
                    variants.append(len(WORDINGS[name][lang]["all"]))
                    WORDINGS[name][lang]["all"].append(text)
            if variants:
                groups, weights = (chat if kind == "chat" else wordings).setdefault((name, lang), ([], []))
                groups.append(variants)
                weights.append(len(variants) ** .5)
    return chat, wordings, topics, dropped


MORE_CHAT, MORE_INDEX, MORE_TOPICS, MORE_DROPPED = read_more(os.path.join(HERE, "data", "more.txt"))
CHAT_WEIGHT = [{(k, l): len(e["train"]) ** .5 for k, d in CHAT.items() for l, e in d.items()},
               {(k, l): (len(e["train"]) + min(60, sum(map(len, MORE_CHAT.get((k, l), ([],))[0])))) ** .5
                for k, d in CHAT.items() for l, e in d.items()}]
KNOWN_PLACES = {COUNTRIES[c][l][k].lower() for c in COUNTRIES for l in LANGS for k in ("capital", "name")}


def stratified(mode, seed, per_cell, per_chat):
    """One-turn test dialogues: per_cell for every intent and language, per_chat for every small-talk intent."""
    gen, out = Generator(seed, mode), []
    for lang in LANGS:
        for intent in SINGLE:
            done = tries = 0
            while done < per_cell and tries < 4000:
                turn = getattr(gen, intent)(lang)
                tries += 1
                if turn:
                    out.append([turn])
                    done += 1
        if mode == "wording":
            for intent in CHAT:
                seen = set()
                for _ in range(60):
                    turn = gen.chat(lang, intent)
                    if turn and turn.question not in seen:
                        seen.add(turn.question)
                        out.append([turn])
                    if len(seen) >= per_chat:
                        break
    return out


def unrelated(mode, rng, gen, fits, lang=None, without=()):
    """A long test conversation: one-turn questions that have nothing to do with each other."""
    turns, intents = [], [k for k in SINGLE if k not in without]
    while True:
        gen.mode, turn = mode, None
        intent, asked_in = rng.choice(intents), lang or rng.choice(LANGS)
        while turn is None:                # most pairs are not held out: try until one is
            turn = getattr(gen, intent)(asked_in)
        if not fits([turn]):
            return turns
        turns.append(turn)


def as_case(turns, set_name):
    messages = []
    for t in turns:
        messages += [dict(role="user", content=t.question), dict(role="assistant", content=t.answer)]
    last = turns[-1]
    return dict(messages=messages[:-1], answers=[last.answer], intent=last.intent, lang=last.lang, set=set_name)


def test_cases(seed=11):
    gen = Generator(seed + 2, "mixed")
    return ([as_case(t, "combo") for t in stratified("combo", seed, 2, 0)]
            + [as_case(t, "wording") for t in stratified("wording", seed + 1, 1, 1)]
            + [as_case(gen.dialogue(multi_only=True), "multi") for _ in range(180)])


def one_word_apart(a, b):
    """True when one word changed, added or removed makes the lists equal (or they are equal)."""
    i = 0
    while i < min(len(a), len(b)) and a[i] == b[i]:
        i += 1
    return a[i + 1:] in (b[i:], b[i + 1:]) or a[i:] == b[i + 1:]


def count_near():
    """Held-out wordings of three words or more, by what is near: a listed wording, only a pattern, or nothing."""
    groups = [([WORDINGS[k][l]["all"][i] for i in held], [WORDINGS[k][l]["all"][i] for i in TRAIN_INDEX[k, l]],
               [WORDINGS[k][l]["all"][i] for g in MORE_INDEX.get((k, l), ([],))[0] for i in g])
              for (k, l), held in HELD_INDEX.items()]
    groups += [(e["held"], e["train"], [q for g in MORE_CHAT.get((k, l), ([],))[0] for q in g])
               for k, d in CHAT.items() for l, e in d.items()]
    count = collections.Counter()
    for held, listed, more in groups:
        listed, more = ([plain(q).split() for q in part] for part in (listed, more))
        for words in (plain(q).split() for q in held):
            near = [any(one_word_apart(words, other) for other in part) for part in (listed, more)]
            count["shorter" if len(words) < 3 else "listed" if near[0] else "pattern only" if near[1] else "none"] += 1
    print("held-out wordings with a trained neighbour one word away:", dict(count))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cases", help="write an evaluation file here")
    ap.add_argument("--near", action="store_true", help="count held-out wordings with a trained neighbour")
    ap.add_argument("--dialogues", type=int, default=20000, help="how many dialogues to count")
    args = ap.parse_args()
    if args.near:
        return count_near()
    if args.cases:
        cases = test_cases()
        with open(args.cases, "w", encoding="utf8") as f:
            json.dump(dict(cases=cases), f, ensure_ascii=False, indent=1)
        print(len(cases), "cases ->", args.cases)
        return
    more = [len(v) for m in (MORE_CHAT, MORE_INDEX) for groups, _ in m.values() for v in groups]
    print("patterns: %d with %d variants; %d variants dropped" % (len(more), sum(more), MORE_DROPPED))
    chat = [v for x in CHAT.values() for v in x.values()]
    n_train = sum(map(len, TRAIN_INDEX.values())) + sum(len(v["train"]) for v in chat)
    n_held = sum(map(len, HELD_INDEX.values())) + sum(len(v["held"]) for v in chat)
    gen, turns, questions, chars = Generator(1), 0, set(), 0
    for i in range(args.dialogues):
        d = gen.dialogue()
        if i < 20:
            print(" || ".join(t.question + " -> " + t.answer for t in d))
        turns += len(d)
        questions.update(t.question for t in d)
        chars += sum(len(t.question) + len(t.answer) for t in d)
    print("wordings: %d trained, %d held out; %d dialogues, %d turns, %d distinct questions, %.1fM characters"
          % (n_train, n_held, args.dialogues, turns, len(questions), chars / 1e6))


if __name__ == "__main__":
    main()
