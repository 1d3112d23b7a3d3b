/* The conversation of one SKU: A owns K units, B holds some that A passed on, HQ promises what A
 * allotted to it. README.md beside this file says what is modelled, what is not, how to run it and
 * what was found. The rules are those of hq/machine and ledger as they are built; -DNO_... takes one out.
 *
 * Every action is one atomic step of one party on its own state. A message is either heard at once
 * (the ordinary case) or caught in a slot, from which it arrives never, late, or many times. Nothing
 * here can go round for ever: so each run ends, and what must hold in the end is asserted where no
 * action is left ("the end", at the bottom).
 *
 * Parts  (-D): PASS BACK SHORT LOST ASK UPSLOT DOWNSLOT
 * Bad days(-D): ABAK (A restored from a backup of any age; age 0 is a lost disk) BBAK ACLONE HQBAK */
#ifndef K
#define K 2     /* units on A's shelf */
#endif
#ifndef NA
#define NA 4    /* A starts nothing of its own once its journal is so long */
#endif
#define LA 16   /* what other parties cause still finds room */
#ifndef NB
#define NB 2
#endif
#define LB 12

/* Entries of A. Those that answer a command carry its id. */
#define ALLOT 1
#define SELL  2         /* from available */
#define SELLX 3         /* goods in the hand that were allotted to HQ */
#define SELLS 4         /* goods in the hand that nothing is left for: shortfall */
#define SHORTA 5        /* a unit is missing: taken from available, allotted/HQ, a reservation, nobody */
#define SHORTH 6
#define SHORTR 7
#define SHORTS 8
#define WOFF  9         /* + 0..2: so many of allotted/B returned, a named person has written them off */
#define SELLR 12        /* goods in the hand that were reserved */
#define BURN  13        /* + 0, 1: so many allotted to HQ pay what is short */
#define BOOT  15        /* a process opened the book (only where it matters: NOWIT) */
#define CMD   16        /* + command id 0..7: carried out */
#define REF   24        /* + command id 0..7: refused */
#define DRAWN 32        /* + id of B's draw: allotted/B -> reserved */
#define NODRAW 36       /* + id: it is not allotted to B */
#define RETN  40        /* + id of what B gave up: allotted/B -> allotted/HQ */
#define NORET 48
#define RELS  56        /* + order of B's: one reserved unit that nobody counts on is free */
#define NORELS 58
#define ATT   112       /* + life of HQ (1, 2); of B, too */
/* Entries of B */
#define RECALLED 1      /* a recall of all is carried out; what it gave up stands before it */
#define ACCEPT 2
#define ABANDON 3
#define LATEYES 4       /* a yes that only a client remembers: the order waits */
#define DRAW  8         /* + number of the order that it is for */
#define NODRAWN 10      /* + number of an order told late: nothing was left to draw on, it waits */
#define GIVE  16        /* + number of the act */
#define CREDIT 128      /* + id of the pass on */

/* Ids of commands: 0, 1 orders; 2, 3 give back decided by H 1, 2; 4, 5 pass on decided by H 1, 2;
 * 6, 7 pass on of which B was told in a life that is forgotten */
#define BIT(i) (1 << (i))
#define POP(x) (((x)&1) + (((x)>>1)&1) + (((x)>>2)&1) + (((x)>>3)&1) + (((x)>>4)&1) + (((x)>>5)&1) + (((x)>>6)&1) + (((x)>>7)&1))
#define POP2(x) (((x)&1) + (((x)>>1)&1))
#define EPOCH(stamp) ((stamp) >> 4)

/* Ids of what follows from an entry: its epoch and place, here its epoch and what it is about, which
 * is as good: within an epoch no act is written twice. */
#ifdef NO_DERIVED       /* the number of the life that tells it goes into the id */
#define IDPASS(code, s) ((code) - CMD - 4 + 2*(EPOCH(s) > 1) + 4*(inc == 2))
#else
#define IDPASS(code, s) ((code) - CMD - 4 + 2*(EPOCH(s) > 1))
#endif
#define IDDRAW(code, s) ((code) - DRAW + 2*(EPOCH(s) > 1))
#define IDGIVE(code, s) ((code) - GIVE + 4*(EPOCH(s) > 1))

#define UP 0
#define QUARANTINE 1
#define REBUILD 2

/* --- A: journal (entry; stamp = epoch and boot, which stand for the hash), balances, what is embedded */
byte ja[LA], sta[LA], na, epa = 1, boota = 1, ha = 1, ma = UP, unk;
byte av = K, ah, at, rs, sf, emb, bur, adr, art, awo;
byte selj;
/* --- B: journal; what it holds, orders known, gives written */
byte jb[LB], stb[LB], nb, epb = 1, bootb = 1, hb = 1, mb = UP;
byte rest, drj, gv, crd, ask, askj;     /* ask: 1 open, 2 the customer was told yes, 3 no */
/* --- HQ: journal store, mirror of A, own decisions */
byte sa[LA], ssa[LA], nsa, sb[LB], ssb[LB], nsb;
byte H = 1, inc = 1, heA = 1, heB = 1, used, qa, fzA, fzB, frA, rbA, rbB, wtA, wtB, wv, lost, hold, yes, lw;
byte shn, shs;
byte mt, msf, mdr, mrt, mcrd;           /* mdr, mrt: draws, returns that A has answered; mcrd: credits of B's */
short mh;
/* commands on their way, or kept: draws, returns, credits, a recall, a write-off, a burn, releases */
byte odr, ort, ocr, rc, owo, ob, orl;
short has, com;                         /* what B holds by its journal; what is on its way to it */
byte off, lg[2], dB;                    /* written off of these; legs and lines of B's orders */
#ifdef HQBAK
byte bk, bnsa, bnsb, bheA, bheB, bused, bqa, blost, bhold, bodr, bort, bocr, brc, bowo, borl, boff, blg0, blg1, bdB;
short bhas, bcom;
#endif
/* --- caught messages */
byte uu, ust, uprev, useq, ucode;       /* A -> HQ, one entry */
byte dah, dai, dbh, dbi;                /* HQ -> A, HQ -> B, one command */
/* --- what really was said to customers, and who signed for what */
byte sold, drawn, displaced, expl, missing, wo, drawnOld, knownW, late, nh, gone, gave, ever, eret, prom;
byte disA, disB, disH, clone, cav, oversold;
hidden byte i, c, q, x, y;

#define HELD (mh - POP(qa) - ob - (hold == 1))
#ifdef ASK
#define ORDERS (POP2((used | emb) & 1) + (ask == 2 || ((used | emb) & 2)))
#else
#define ORDERS POP2((used | emb) & 3)
#endif
/* commands that A will refuse, because a loss took from HQ what HQ had promised; no more than were lost */
#define SHORTOF (POP(qa & ~emb) + (hold == 1) - ah)
#define REFUSALS (SHORTOF <= 0 -> 0 : (SHORTOF < bur -> SHORTOF : bur))
#define SIGNED (wo == 0 -> 0 : ((late -> drawnOld : drawn) > knownW -> ((late -> drawnOld : drawn) - knownW) : 0))
#define ALLDRAWN (BIT(drawn) - 1)
#define PROMISED (sold + drawn + ORDERS)
#define CLAIMS (K - missing + displaced + expl + SIGNED + sf + nh + gone + gave + REFUSALS)
#ifdef SHORT    /* what was lost, and to whom, is read from A's book: while that is being rebuilt, wait */
#define LEGIBLE (ma == UP)
#else
#define LEGIBLE 1
#endif
inline check() { if :: LEGIBLE && PROMISED > CLAIMS -> oversold = 1 :: else fi; assert(!oversold) }

/* what comes free pays first what is short */
#define FREED(to) if :: sf > 0 -> sf-- :: else -> to++ fi
#define MFREED(to) if :: msf > 0 -> msf-- :: else -> to++ fi

/* postA changes A's balances by one entry. */
inline postA(code) {
  if
  :: code == ALLOT -> av--; ah++
  :: code == SELL -> av--; selj++
  :: code == SELLX -> ah--; selj++; bur++
  :: code == SELLR -> rs--; selj++
  :: code == SELLS -> sf++; selj++
  :: code == SHORTA -> av--; missing++
  :: code == SHORTH -> ah--; bur++; missing++
  :: code == SHORTR -> rs--; missing++
  :: code == SHORTS -> sf++; missing++
  :: code >= WOFF && code < WOFF+3 -> at = at - (code-WOFF); av = av + (code-WOFF); awo = 1
  :: code == BURN+1 -> ah--; sf--
  :: code >= CMD && code < CMD+2 -> ah--; rs++; emb = emb | BIT(code-CMD)
  :: code >= CMD+2 && code < CMD+4 -> ah--; FREED(av); emb = emb | BIT(code-CMD)
  :: code >= CMD+4 && code < CMD+8 -> ah--; at++; emb = emb | BIT(code-CMD)
  :: code >= REF && code < REF+8 -> emb = emb | BIT(code-REF)
  :: code >= DRAWN && code < DRAWN+4 -> at--; rs++; adr = adr | BIT(code-DRAWN)
  :: code >= NODRAW && code < NODRAW+4 -> adr = adr | BIT(code-NODRAW)
  :: code >= RETN && code < RETN+8 -> at--; FREED(ah); art = art | BIT(code-RETN); eret = eret | BIT(code-RETN)
  :: code >= NORET && code < NORET+8 -> art = art | BIT(code-NORET)
  :: code >= RELS && code < RELS+2 -> rs--; FREED(ah)
  :: else
  fi
}
inline writeA(code) {
  assert(na < LA);
  ja[na] = code; sta[na] = epa*16 + boota; postA(code); na++; printf("A writes %d\n", code)
}
inline postB(code) {
  if
  :: code >= CREDIT -> rest++; crd = crd | BIT(code-CREDIT); ever = ever | BIT(code-CREDIT)
  :: code >= DRAW && code < DRAW+2 -> rest--; drj = drj | BIT(code-DRAW)
  :: code >= NODRAWN && code < NODRAWN+2 -> drj = drj | BIT(code-NODRAWN)
  :: code >= GIVE && code < GIVE+8 -> rest--; gv++
  :: code == ACCEPT || code == ABANDON || code == LATEYES -> askj = 1
  :: else
  fi
}
inline writeB(code) { assert(nb < LB); jb[nb] = code; stb[nb] = epb*16 + bootb; postB(code); nb++; printf("B writes %d\n", code) }
inline giveUp() { assert(gv < 4); writeB(GIVE+gv) }

/* forgotten: what B was told, and neither HQ nor A remembers: it will be told as not_held. */
inline forgotten() {
  if
  :: inc == 2 ->
       gone = (POP(ever) > POP(emb & 240) -> POP(ever) - POP(emb & 240) : 0);
#ifdef ASK
       if :: (ask == 2 || yes) && ah == 0 && !(emb & 2) -> gone++ :: else fi
#endif
  :: else
  fi
}
#ifdef NO_AGREE
#define RETURNALL 1
#else
#define RETURNALL 0
#endif
/* --- HQ */
#define SILENTA (wtA && !rbA)
#define SILENTB (wtB && !rbB)
/* back: what B was credited with and no entry of A's is known to have passed on. */
inline back() {
#ifndef NO_BACKING
  do
  :: com < 0 && !SILENTA ->
       if
       :: HELD > 0 -> i = ((used & 64) -> 7 : 6); assert(!(used & BIT(i))); qa = qa | BIT(i); used = used | BIT(i); com++
       :: else -> assert(inc == 2); nh++; off++; rc = 1; com++
       fi
  :: else -> break
  od; i = 0
#else
  skip
#endif
}
/* bring: a yes of which the hold is forgotten is served from what is held, before anything else is. */
inline bring() {
  if
  :: lw && !(used & 2) && HELD > 0 -> used = used | 2; qa = qa | 2
  :: lw && !(used & 2) && HELD <= 0 -> nh++
  :: else
  fi; lw = 0
}
/* agree: what A's book has allotted to B is what B's book says, with what is on its way. What B counts on
 * beyond it, B is asked to give up. */
#define PASSING POP(qa & 240)
#define LEFT (mt + PASSING - POP(odr) - POP(ort))
#define BEYOND (has + com - off - mt - PASSING)
#ifdef NO_COMING
#define WITHCOMING has
#else
#define WITHCOMING (has + com)
#endif
inline agree() {
#ifndef NO_AGREE
  if
  :: !frA && !fzA && !fzB && !wtA && !wtB && !lost && !owo && WITHCOMING > 0 && BEYOND > 0 ->
       x = BEYOND; off = off + x; nh = nh + x; rc = 1; x = 0
  :: else
  fi
#else
  skip
#endif
}
/* flushed: returns that are kept for A are cut to what it has left to take back. */
inline flushed() {
#ifndef NO_AGREE
  i = 0; do :: i < 8 -> if :: (ort & BIT(i)) && LEFT < 0 -> ort = ort & ~BIT(i); if :: com < 0 -> com++ :: else fi :: else fi; i++ :: else -> break od; i = 0
#else
  skip
#endif
}
/* thaw: after a new life A's units are promised again when both have attested. */
#ifdef NO_THAW_TOGETHER
#define ALLTOLD (!wtA)
#else
#define ALLTOLD (!wtA && (!wtB || wv))
#endif
inline thaw() { if :: frA && ALLTOLD -> frA = 0; bring(); agree() :: else fi }

inline mirrorA(code) {
  if
  :: code == ALLOT -> mh++
  :: code == SELLX || code == SHORTH -> mh--
  :: code == SELLS || code == SHORTS -> msf++
  :: code >= WOFF && code < WOFF+3 -> mt = mt - (code-WOFF)
  :: code == BURN+1 -> mh--; msf--
  :: code >= CMD && code < CMD+2 -> mh--
  :: code >= CMD+2 && code < CMD+4 -> mh--; if :: msf > 0 -> msf-- :: else fi
  :: code >= CMD+4 && code < CMD+8 -> mh--; mt++
  :: code >= DRAWN && code < DRAWN+4 -> mt--; mdr = mdr | BIT(code-DRAWN)
  :: code >= NODRAW && code < NODRAW+4 -> mdr = mdr | BIT(code-NODRAW)
  :: code >= RETN && code < RETN+8 -> mt--; MFREED(mh); mrt = mrt | BIT(code-RETN)
  :: code >= NORET && code < NORET+8 -> mrt = mrt | BIT(code-NORET)
  :: code >= RELS && code < RELS+2 -> MFREED(mh)
  :: else
  fi
}
/* foldA is HQ reading the next entry of A. What it has no command for, a life that is lost has sent. */
inline foldA(code, s) {
  mirrorA(code);
  if
  :: code >= CMD && code < CMD+4 ->
       qa = qa & ~BIT(code-CMD);
#ifdef NO_RELEARN
       if :: inc == 1 -> used = used | BIT(code-CMD) :: else fi
#else
       used = used | BIT(code-CMD)
#endif
  :: code >= CMD+4 && code < CMD+8 ->
       if :: qa & BIT(code-CMD) :: else -> com++ fi;
       qa = qa & ~BIT(code-CMD); used = used | BIT(code-CMD);
       if
       :: code >= CMD+6                                  /* B was told of it before */
#ifndef NO_NOT_OFF
       :: code < CMD+6 && off > 0 -> off--; com--        /* written off meanwhile: nobody is told */
       :: code < CMD+6 && off == 0 && !(mcrd & BIT(IDPASS(code, s))) -> ocr = ocr | BIT(IDPASS(code, s))
#else
       :: code < CMD+6 && !(mcrd & BIT(IDPASS(code, s))) -> ocr = ocr | BIT(IDPASS(code, s))
#endif
       :: else
       fi
  :: code >= REF && code < REF+8 ->
       if :: code >= REF+4 && (qa & BIT(code-REF)) -> com-- :: else fi;
       qa = qa & ~BIT(code-REF); used = used | BIT(code-REF)
  :: code >= DRAWN && code < DRAWN+4 ->
       if :: odr & BIT(code-DRAWN) :: else -> lg[(code-DRAWN) & 1]++;
#ifndef NO_DRAWN_ONCE    /* nor is what B has told late, and A tells that it has reserved */
            if :: SILENTA && (odr & BIT((code-DRAWN) ^ 2)) -> odr = odr & ~BIT((code-DRAWN) ^ 2); lg[(code-DRAWN) & 1]-- :: else fi
#endif
       fi; odr = odr & ~BIT(code-DRAWN)
  :: code >= NODRAW && code < NODRAW+4 ->
       if :: odr & BIT(code-NODRAW) -> lg[(code-NODRAW) & 1]-- :: else fi; odr = odr & ~BIT(code-NODRAW);
       if :: lg[(code-NODRAW) & 1] == 0 -> dB = dB & ~BIT((code-NODRAW) & 1) :: else fi
  :: code >= RETN && code < RETN+8 ->
       ort = ort & ~BIT(code-RETN)
  :: code >= NORET && code < NORET+8 -> ort = ort & ~BIT(code-NORET)
  :: code >= WOFF && code < WOFF+3 ->
       if
       :: owo -> owo = 0
#ifndef NO_WRITE_OFF_LEARNED
       :: !owo -> off = off + (code-WOFF); rc = 1
#endif
       :: else
       fi
  :: code >= RELS && code < RELS+2 ->
       if :: orl & BIT(code-RELS) :: else -> if :: lg[code-RELS] -> lg[code-RELS]-- :: else fi fi; orl = orl & ~BIT(code-RELS)
  :: code >= NORELS && code < NORELS+2 -> orl = orl & ~BIT(code-NORELS)
  :: code == BURN || code == BURN+1 -> ob = 0
  :: code == ATT + inc -> if :: wtA -> flushed() :: else fi; y = fzA; fzA = 0; rbA = 0; wtA = 0; back(); thaw(); if :: y -> agree() :: else fi; y = 0
  :: else
  fi;
  sa[nsa] = code; ssa[nsa] = s; nsa++; printf("HQ has %d of A\n", code)
}
inline mirrorB(code) {
  if :: code >= CREDIT -> mcrd = mcrd | BIT(code-CREDIT) :: else fi
}
inline foldB(code, s) {
  mirrorB(code);
  if
  :: code >= CREDIT -> ocr = ocr & ~BIT(code-CREDIT); has++; com--; back()
  :: code >= DRAW && code < DRAW+2 ->
       has--; dB = dB | BIT(code-DRAW);
       if
       :: ((odr | mdr) & BIT(IDDRAW(code, s)))
#ifndef NO_DRAWN_ONCE    /* what A has told that it has reserved is not drawn again */
       :: else -> if :: lg[code-DRAW] :: else -> odr = odr | BIT(IDDRAW(code, s)); lg[code-DRAW]++ fi
#else
       :: else -> odr = odr | BIT(IDDRAW(code, s)); lg[code-DRAW]++
#endif
       fi
  :: code >= NODRAWN && code < NODRAWN+2 -> dB = dB | BIT(code-NODRAWN)      /* a leg that is learned serves it */
  :: code >= GIVE && code < GIVE+8 ->
       has--;
       if
#ifndef NO_OFF
       :: off > 0 -> off--
       :: off == 0 && !(mrt & BIT(IDGIVE(code, s))) ->
            if :: SILENTA || LEFT > 0 || RETURNALL -> ort = ort | BIT(IDGIVE(code, s)) :: else -> if :: com < 0 -> com++ :: else fi fi
#else
       :: !(mrt & BIT(IDGIVE(code, s))) -> ort = ort | BIT(IDGIVE(code, s))
#endif
       :: else
       fi;
       if :: has <= 0 && com <= 0 -> off = 0 :: else fi
  :: code == RECALLED -> rc = 0
  :: code == ACCEPT ->
       if
       :: hold == 1 -> hold = 2; if :: !(used & 2) -> used = used | 2; qa = qa | 2 :: else fi
       :: else -> lw = 1; if :: !frA -> bring() :: else fi
       fi
  :: code == ABANDON || code == LATEYES -> hold = 2
  :: code == ATT + inc -> y = fzB; fzB = 0; rbB = 0; wtB = 0; thaw(); if :: y -> agree() :: else fi; y = 0
  :: else
  fi;
  sb[nsb] = code; ssb[nsb] = s; nsb++; printf("HQ has %d of B\n", code)
}

/* A or B has only the first n entries of its journal. */
inline refoldA() {
  av = K; ah = 0; at = 0; rs = 0; sf = 0; emb = 0; adr = 0; art = 0; awo = 0; selj = 0; bur = 0; missing = 0; ha = 1;
  i = 0; do :: i < na -> c = ja[i]; postA(c); if :: c == ATT+2 -> ha = H :: else fi; i++ :: else -> break od;
  do :: i < LA -> ja[i] = 0; sta[i] = 0; i++ :: else -> break od; i = 0; c = 0
}
inline refoldB() {
  rest = 0; drj = 0; gv = 0; crd = 0; askj = 0; hb = 1;
  i = 0; do :: i < nb -> c = jb[i]; postB(c); if :: c == ATT+2 -> hb = H :: else fi; i++ :: else -> break od;
  do :: i < LB -> jb[i] = 0; stb[i] = 0; i++ :: else -> break od; i = 0; c = 0
}
inline refoldHQ() {
  mh = 0; mt = 0; msf = 0; mdr = 0; mrt = 0; mcrd = 0;
  i = 0; do :: i < nsa -> c = sa[i]; mirrorA(c); i++ :: else -> break od;
  do :: i < LA -> sa[i] = 0; ssa[i] = 0; i++ :: else -> break od;
  i = 0; do :: i < nsb -> c = sb[i]; mirrorB(c); i++ :: else -> break od;
  do :: i < LB -> sb[i] = 0; ssb[i] = 0; i++ :: else -> break od; i = 0; c = 0
}
inline adoptStoreA() {
  na = nsa; i = 0; do :: i < na -> ja[i] = sa[i]; sta[i] = ssa[i]; i++ :: else -> break od; refoldA()
}
inline adoptStoreB() {
  nb = nsb; i = 0; do :: i < nb -> jb[i] = sb[i]; stb[i] = ssb[i]; i++ :: else -> break od; refoldB()
}
inline cutA(n) { printf("A goes back to %d\n", n); na = n; refoldA(); boota++; disA++; if :: wtA == 2 -> wtA = 1 :: else fi }
inline cutB(n) { printf("B goes back to %d\n", n); nb = n; refoldB(); bootb++; disB++; if :: wtB == 2 -> wtB = 1 :: else fi }

/* obey: A carries out command id, or says that it cannot. It can, but after a loss. */
inline obey(id) {
  if
  :: ah > 0 -> writeA(CMD + id)
  :: else -> assert(expl + missing + sf + bur + nh > 0); writeA(REF + id);
       if :: id < 2 -> displaced++ :: else fi
  fi;
  check()
}
/* missing1: one unit is not there; who loses it (protocol section 7). */
inline missing1() {
  if
  :: av > 0 -> writeA(SHORTA)
  :: else -> if
    :: ah > 0 -> writeA(SHORTH)
    :: else -> if :: rs > 0 -> writeA(SHORTR); displaced++ :: else -> writeA(SHORTS) fi
    fi
  fi
}
/* resell: a sale told late. It fits, but after a loss that somebody was told. */
inline resell() {
  if
  :: av > 0 -> writeA(SELL)
  :: else -> assert(expl + missing + wo > 0 || (inc == 2 && (ah > 0 || at > 0 || rs > 0))); /* a give back may be lost with its HQ */
       if
       :: ah > 0 -> writeA(SELLX)
       :: else -> if :: rs > 0 -> writeA(SELLR); displaced++ :: else -> writeA(SELLS) fi
       fi
  fi
}

/* unk: a book that was rolled back and does not know. 1: the next contact will tell. 2: it cannot tell,
 * for HQ was never shown more. 3: has talked since, and nobody knows yet. */
#define TALKA (CHAINA && ha == H && unk != 1 && unk != 2 && (ma == UP || ma == REBUILD))
#define TALKB (hb == H && (mb == UP || mb == REBUILD) && !lost)
#ifdef NO_SILENCE
#define SENDA TALKA
#define SENDB TALKB
#else
#define SENDA (TALKA && !SILENTA)
#define SENDB (TALKB && !SILENTB)
#endif
#ifdef NO_RESERVED      /* what is on its way counts as reserved */
#define RESV(d) lg[d]
#else
#define RESV(d) (lg[d] - ((odr >> (d)) & 1) - ((odr >> ((d)+2)) & 1))     /* legs that A has reserved */
#endif
#define FREE (!fzA && !frA)
#ifdef NO_HASH
#define SAMEA(n, s) 1
#define SHOWNA 1
#define CHAINA (na >= nsa)
#else
#define SHOWNA (useq + 1 != shn || ust == shs)
#define SAMEA(n, s) (((n) == 0 -> 0 : ssa[((n) == 0 -> 0 : (n)-1)]) == (s))
#define CHAINA (na >= nsa && (nsa == 0 || sta[(nsa == 0 -> 0 : nsa-1)] == ssa[(nsa == 0 -> 0 : nsa-1)]) && na >= shn && (shn == 0 || sta[(shn == 0 -> 0 : shn-1)] == shs))
#endif
#ifdef NO_LATER_EPOCH
#define EPOCHA(s) (EPOCH(s) == heA)
#elif defined(NO_EPOCH)
#define EPOCHA(s) 1
#else
#define EPOCHA(s) (EPOCH(s) == heA || (SILENTA && EPOCH(s) > heA))
#endif
#define CHAINB (nb >= nsb && (nsb == 0 || stb[(nsb == 0 -> 0 : nsb-1)] == ssb[(nsb == 0 -> 0 : nsb-1)]))

#ifdef NO_LIFE_OF_YES
#define YES (yes > 0)
#else
#define YES (yes == hb)
#endif
/* rule of passMore: nothing is passed on while B has not given up what was written off */
#ifdef NO_WAIT_OFF
#define SETTLED 1
#else
#define SETTLED (off == 0)
#endif
#ifdef NO_FACTS
#define REPLAYEDA 1
#else
#define REPLAYEDA (selj >= sold)
#endif
#define OBEYEDA (SILENTA || (!(qa & ~emb) && !(odr & ~adr) && !(ort & ~art) && !(owo && !awo) && !(ob && nsa == na) && !orl))
#define OBEYEDB (SILENTB || (!(ocr & ~crd) && !rc))
#ifdef NO_COMMANDS_FIRST
#define FACTSA 1
#define FACTSB 1
#else
#define FACTSA OBEYEDA
#define FACTSB OBEYEDB
#endif

#ifdef NO_IDS
#define NEWA(id) 1
#else
#define NEWA(id) !(emb & BIT(id))
#endif
#ifdef NO_CAUSE
#define NEWB(n) 1
#else
#define NEWB(n) !(crd & BIT(n))
#endif
#define CATCH(id) :: d_step { TALKA && dah == 0 && (qa & BIT(id)) && !disH -> dah = H; dai = id }
#ifdef VACUITY
# ifdef PASS
# define VACUOUS && drawn > 0
# else
# define VACUOUS
# endif
byte again;     /* HQ promised something after the bad day */
#define AGAIN if :: disA + disB + disH + wo -> again = 1 :: else fi
#else
#define AGAIN skip
#endif
#define DO(id) \
  :: d_step { SENDA && (qa & BIT(id)) && !(emb & BIT(id)) -> obey(id) }

init {
  do
  /* ---------------------------------------------------------------- A sells and allots */
  :: d_step { ma == UP && av > 0 && na < NA -> writeA(SELL); sold++; if :: unk == 1 || (unk == 2 && uu) -> expl++ :: else fi; check() }
  :: d_step { ma == UP && av > 0 && na < NA -> writeA(ALLOT) }
#ifdef SHORT
  :: d_step { ma == UP && missing == 0 && na < NA && selj < K -> missing1(); check() }
#endif
  /* ---------------------------------------------------------------- HQ decides (count down first) */
  :: d_step { FREE && HELD > 0 && !(used & 1) -> used = used | 1; qa = qa | 1; AGAIN; check() }
#ifndef ASK
  :: d_step { FREE && HELD > 0 && (used & 1) && !(used & 2) -> used = used | 2; qa = qa | 2; AGAIN; check() }
#endif
#ifdef SHORT
  :: d_step { FREE && HELD > 0 && msf > 0 && !ob -> ob = 1 }
  :: d_step { SENDA && ob && na == nsa -> if :: sf > 0 && ah > 0 -> writeA(BURN+1) :: else -> writeA(BURN) fi; check() }
#endif
#ifdef BACK
  :: d_step { FREE && HELD > 0 && !(used & BIT(1+H)) -> used = used | BIT(1+H); qa = qa | BIT(1+H) }
#endif
#ifdef PASS
  :: d_step { FREE && HELD > 0 && !(used & BIT(3+H)) && !lost && SETTLED && !(odr | ort) -> used = used | BIT(3+H); qa = qa | BIT(3+H); com++ }
#endif
  /* ---------------------------------------------------------------- A obeys */
  DO(0) DO(1)
#ifdef BACK
  DO(2) DO(3)
#endif
#ifdef PASS
  DO(4) DO(5) DO(6) DO(7)
  :: d_step { SENDA && (odr & ~adr) && !(qa & 240 & ~emb) ->      /* in the order of the stream */
       i = 0; do :: (odr & ~adr & BIT(i)) -> break :: else -> i++ od;
       if
       :: at > 0 -> writeA(DRAWN+i)
       :: else -> assert(wo + nh > 0 || inc == 2); writeA(NODRAW+i)
       fi; i = 0 }
  :: d_step { SENDA && (ort & ~art) && !(qa & 240 & ~emb) ->
       i = 0; do :: (ort & ~art & BIT(i)) -> break :: else -> i++ od;
       if
       :: at > 0 -> writeA(RETN+i)
       :: else -> assert(wo + nh > 0); writeA(NORET+i)
       fi; i = 0 }
  :: d_step { SENDA && orl && na == nsa && !(odr & ~adr) -> i = ((orl & 1) -> 0 : 1); if :: rs > 0 -> writeA(RELS+i) :: else -> writeA(NORELS+i) fi; i = 0 }
  /* what B's orders do not count on is let go, once both books have told all */
#ifndef NO_SURPLUS
  :: d_step { !fzA && !fzB && !wtA && !wtB && !lost && !orl && RESV(0) > (dB & 1) -> lg[0]--; orl = orl | 1 }
  :: d_step { !fzA && !fzB && !wtA && !wtB && !lost && !orl && RESV(1) > ((dB >> 1) & 1) -> lg[1]--; orl = orl | 2 }
#endif
  /* ---------------------------------------------------------------- B is credited, draws, gives up */
#ifdef NO_CAUSE
  :: d_step { SENDB && ocr && nsb == nb -> i = 0; do :: (ocr & BIT(i)) -> break :: else -> i++ od; writeB(CREDIT+i); i = 0 }
#else
  :: d_step { SENDB && (ocr & ~crd) -> i = 0; do :: (ocr & ~crd & BIT(i)) -> break :: else -> i++ od; writeB(CREDIT+i); i = 0 }
#endif
#ifndef NO_RECALL
  :: d_step { SENDB && rc && !(ocr & ~crd) && nsb == nb -> do :: rest > 0 -> giveUp() :: else -> break od; writeB(RECALLED);
       if :: wo > 0 && !late -> late = 1; drawnOld = drawn :: else fi }
#endif
  :: d_step { mb == UP && rest > 0 && drawn < 2 -> writeB(DRAW+drawn); drawn++; check() }
  :: d_step { mb == UP && rest > 0 && nb < NB && !lost -> giveUp() }
#endif
#ifdef ASK
  /* ---------------------------------------------------------------- B asks for order 1, now */
  :: d_step { mb == UP && ask == 0 -> ask = 1 }
  :: d_step { FREE && TALKB && !wtB && ask == 1 && hold == 0 && HELD > 0 && !(used & 2) -> hold = 1; yes = H }
#ifdef NO_DEADLINE
  :: d_step { mb == UP && (ask == 1 || ask == 3) && yes -> yes = 0; ask = 2; writeB(ACCEPT); check() }
#else
  :: d_step { mb == UP && ask == 1 && YES -> yes = 0; ask = 2; writeB(ACCEPT); check() }
#endif
  :: d_step { mb == UP && ask == 1 -> ask = 3; writeB(ABANDON) }
#ifdef NO_HOLD
  :: d_step { hold == 1 -> hold = 2 }
#endif
#endif
  /* ---------------------------------------------------------------- journals go up */
  :: d_step { TALKA && na > nsa && CHAINA && EPOCHA(sta[nsa]) ->
       if :: EPOCH(sta[nsa]) > heA -> heA = EPOCH(sta[nsa]) :: else fi;
#ifdef NOWIT
       if :: na > shn -> shn = na; shs = sta[na-1] :: else fi;
#endif
       c = ja[nsa]; q = sta[nsa]; foldA(c, q); c = 0; q = 0 }
#if defined(PASS) || defined(ASK)
  :: d_step { hb == H && (mb == UP || mb == REBUILD) && !lost && nb > nsb && CHAINB ->
       c = jb[nsb]; q = stb[nsb]; foldB(c, q); c = 0; q = 0 }
#endif
  /* ---------------------------------------------------------------- messages that are caught */
#ifdef UPSLOT
  :: d_step { TALKA && uu == 0 && na > nsa ->
       uu = 1; useq = nsa; ucode = ja[nsa]; ust = sta[nsa]; uprev = (nsa == 0 -> 0 : sta[nsa-1]) }
  :: d_step { uu && useq == nsa && SAMEA(useq, uprev) && SHOWNA && EPOCHA(ust) && disA ->
       c = ucode; foldA(c, ust); c = 0; if :: unk == 2 && !CHAINA -> unk = 1 :: else fi; uu = 0; useq = 0; ucode = 0; ust = 0; uprev = 0 }
#endif
#ifdef DOWNSLOT
  CATCH(0) CATCH(1) CATCH(2) CATCH(3) CATCH(4) CATCH(5)
  :: d_step { dah && ma == UP && unk != 1 && unk != 2 && dah >= ha && NEWA(dai) -> c = dai; obey(c); dah = 0; dai = 0; c = 0 }
#ifdef PASS
  :: d_step { SENDB && dbh == 0 && ocr && !disH -> dbh = H; i = 0; do :: (ocr & BIT(i)) -> break :: else -> i++ od; dbi = i; i = 0 }
  :: d_step { dbh && mb == UP && dbh >= hb && NEWB(dbi) -> c = dbi; writeB(CREDIT + c); dbh = 0; dbi = 0; c = 0 }
#endif
#endif
  /* ---------------------------------------------------------------- A goes back in time */
#ifdef ABAK
#ifdef NOWIT    /* nobody remembers: it sells on until the first contact, or for ever where HQ was never shown more */
# ifdef NO_BOOT
# define BOOTED skip
# else
# define BOOTED writeA(BOOT)
# endif
#define BACKTO(n) :: d_step { disA == 0 && ma == UP && na >= n -> unk = (n < nsa || n < shn -> 1 : 2); cutA(n); if :: unk == 2 -> expl = expl + sold - selj :: else fi; dah = 0; dai = 0; BOOTED }
#else
#define BACKTO(n) :: d_step { disA == 0 && ma == UP && na >= n -> cutA(n); ma = QUARANTINE }
#endif
  BACKTO(0) BACKTO(1) BACKTO(2) BACKTO(3) BACKTO(4) BACKTO(5) BACKTO(6) BACKTO(7)
#endif
#if defined(ABAK) || defined(ACLONE)
  :: d_step { ma == UP && (unk == 1 || unk == 2) && ha == H ->
       if :: !CHAINA || !EPOCHA(epa*16) -> ma = QUARANTINE; unk = 0 :: else -> unk = (unk == 1 -> 0 : 3); if :: na > nsa && na > shn -> shn = na; shs = sta[na-1] :: else fi fi }
  :: d_step { ma == UP && unk != 1 && unk != 2 && ha == H && !CHAINA -> ma = QUARANTINE; unk = 0 }
  /* (1) the store folded, a new epoch, frozen; (2) H adopted */
  :: d_step { ma == QUARANTINE ->
       printf("A is made anew from %d\n", nsa); adoptStoreA(); heA++; epa = heA; ha = H; shn = 0; shs = 0; ma = REBUILD; rbA = 1; forgotten(); if :: wtA -> flushed() :: else fi;
       if
       :: frA -> wtA = 1
#ifndef NO_FREEZE_REBUILD
       :: !frA -> fzA = 1
#endif
       :: else
       fi }
  /* (3) is above: A obeys; (4) late facts */
  :: d_step { ma == REBUILD && ha == H && FACTSA && selj < sold -> resell() }
  /* (6) attest */
  :: d_step { ma == REBUILD && ha == H && OBEYEDA && REPLAYEDA -> writeA(ATT + inc); ma = UP; if :: wtA == 1 -> wtA = 2 :: else fi; check() }
#endif
#ifdef BBAK
#define BACKTOB(n) :: d_step { disB == 0 && mb == UP && nb >= n -> cutB(n); mb = QUARANTINE; if :: ask == 1 -> ask = 3 :: else fi }
  BACKTOB(0) BACKTOB(1) BACKTOB(2) BACKTOB(3)
#endif
#if defined(BBAK) || defined(LOST)
  :: d_step { mb == QUARANTINE -> printf("B is made anew from %d\n", nsb); adoptStoreB(); heB++; epb = heB; hb = H; bootb++; lost = 0; wv = 0; rbB = 1; mb = REBUILD;
       if :: inc == 2 && POP(eret) > gv -> gave = POP(eret) - gv :: else fi;
       if :: wtB -> wtB = 1 :: else -> if :: frA -> wtB = 1 :: else -> fzB = 1 fi fi;
       if :: ask == 2 && !askj -> expl++ :: else fi }     /* the yes is told late, and waits for what is there */
  :: d_step { mb == REBUILD && hb == H && FACTSB && ALLDRAWN > drj ->
       i = 0; do :: (drj & BIT(i)) -> i++ :: else -> break od;
       if
       :: rest > 0 -> writeB(DRAW+i)
       :: else -> assert(wo + nh > 0 || inc == 2); if :: wo == 0 -> displaced++ :: else fi; writeB(NODRAWN+i)
       fi; i = 0 }
  :: d_step { mb == REBUILD && hb == H && FACTSB && ask > 1 && !askj -> if :: ask == 2 -> writeB(LATEYES) :: else -> writeB(ABANDON) fi }
  :: d_step { mb == REBUILD && hb == H && OBEYEDB && drj == ALLDRAWN && (ask < 2 || askj) -> writeB(ATT + inc); mb = UP; if :: wtB == 1 -> wtB = 2 :: else fi }
#endif
  /* ---------------------------------------------------------------- B declared lost, written off */
#ifdef LOST
  :: d_step { !lost && wo == 0 && disB == 0 && mb == UP && (mt > 0 || com > 0) -> lost = 1; wv = 1; thaw() }
  :: d_step { lost && wtB && !wv -> wv = 1; thaw() }
  :: d_step { lost && wo == 0 && has + com - off > 0 -> wo = has + com - off; owo = wo; off = off + wo; rc = 1; knownW = 0; i = 0;
       do :: i < nsb -> if :: sb[i] >= DRAW && sb[i] < DRAW+2 -> knownW++ :: else fi; i++ :: else -> break od; i = 0; check() }
  :: d_step { SENDA && owo && !awo && !(qa & 240 & ~emb) -> c = (at < owo -> at : owo); writeA(WOFF + c); c = 0; check() }
  :: d_step { lost && (mb == UP || mb == REBUILD) -> mb = QUARANTINE; disB = 1 }
#endif
#ifdef NO_SIGNATURE
  :: d_step { ma == UP && at > 0 && na < NA+2 -> writeA(WOFF+1) }
#endif
  /* ---------------------------------------------------------------- A is copied, both run */
#ifdef ACLONE
  :: d_step { clone == 0 && ma == UP -> clone = 1; cav = av }
  :: d_step { clone == 1 && cav > 0 -> cav--; sold++; selj++; expl++; check() }
  :: d_step { clone == 1 ->                           /* its first contact */
#ifdef NO_CLONE_CHECK
       clone = 2 }
  :: d_step { clone == 2 && cav > 0 -> cav--; sold++; selj++; check() }
#else
       clone = 3; cav = 0 }
#endif
#endif
  /* ---------------------------------------------------------------- HQ goes back in time */
#ifdef HQBAK
  :: d_step { bk == 0 -> printf("HQ is backed up\n"); bk = 1; bnsa = nsa; bnsb = nsb; bheA = heA; bheB = heB; bused = used; bqa = qa; blost = lost; bhold = hold;
       bodr = odr; bort = ort; bocr = ocr; brc = rc; bowo = owo; borl = orl; boff = off; blg0 = lg[0]; blg1 = lg[1]; bdB = dB; bhas = has; bcom = com }
  :: d_step { bk == 1 -> printf("HQ goes back to %d of A, %d of B\n", bnsa, bnsb); bk = 2; nsa = bnsa; nsb = bnsb; heA = bheA; heB = bheB; used = bused; prom = bused & 3; qa = bqa; lost = blost; hold = bhold;
       odr = bodr; ort = bort; ocr = bocr; rc = brc; owo = bowo; orl = borl; off = boff; lg[0] = blg0; lg[1] = blg1; dB = bdB; has = bhas; com = bcom;
       shn = 0; shs = 0; fzA = 0; fzB = 0; rbA = 0; rbB = 0; wv = 0; ob = 0; lw = 0; refoldHQ(); inc = 2; disH = 1; wtA = 1; wtB = 1; frA = 1; late = 0; drawnOld = 0;
#ifdef NO_KEPT          /* what was queued is forgotten */
       used = used & ~(qa & 3); qa = qa & ~3;
#endif
#ifndef NO_DROP         /* what was only decided from what is held is decided anew */
       com = com - POP(qa & 240); used = used & ~(qa & 252); qa = qa & 3;
#endif
       if :: unk == 1 && CHAINA -> unk = 2; expl = expl + sold - selj :: else fi;
       bnsa = 0; bnsb = 0; bheA = 0; bheB = 0; bused = 0; bqa = 0; blost = 0; bhold = 0;
       bodr = 0; bort = 0; bocr = 0; brc = 0; bowo = 0; borl = 0; boff = 0; blg0 = 0; blg1 = 0; bdB = 0; bhas = 0; bcom = 0
#ifndef NO_NEW_H
       ; H = 2
#endif
#ifdef NO_FREEZE
       ; wtA = 0; wtB = 0; frA = 0
#endif
       }
  :: d_step { inc == 2 && ma == REBUILD && ha < H -> ha = H }
  :: d_step { inc == 2 && mb == REBUILD && hb < H && !lost -> hb = H }
  /* adopt; the attest entry stands behind everything the site has written */
  :: d_step { inc == 2 && ma == UP && wtA != 2 && (ha < H || wtA == 1) -> ha = H
#ifdef NO_ATTEST
       ; wtA = 0; thaw() }
#else
       ; writeA(ATT + 2); if :: wtA == 1 -> wtA = 2 :: else fi }
#endif
  :: d_step { inc == 2 && mb == UP && !lost && wtB != 2 && (hb < H || wtB == 1) -> hb = H; writeB(ATT + 2); if :: wtB == 1 -> wtB = 2 :: else fi }
#endif
  /* ---------------------------------------------------------------- the end: no action is left */
  :: else ->
       assert(ma == UP && mb == UP);                            /* every rebuild came to its end */
       assert(!fzA && !frA && !wtA && !(wtB && !wv));           /* and HQ thawed */
       assert(nsa == na && nsb == nb || lost || unk);           /* all is shared */
       assert(unk || selj >= sold);                             /* no sale is forgotten */
       assert(!(prom & ~emb) || unk);                           /* nor an order that HQ's backup has */
       assert(drj == ALLDRAWN);
       assert(ask < 2 || askj);
       assert(hold != 1);                                       /* nothing is held for a customer who was told no */
#ifdef VACUITY
       assert(!(again && PROMISED == K VACUOUS));
#endif
       assert(qa + odr + ort + ob + orl + owo == 0 || unk);     /* every command has its entry */
       assert(ocr + rc == 0 || lost || unk);
       assert(has == rest && com == 0 || lost || unk);          /* HQ knows what B holds */
       assert(rest <= at || lost || unk);                       /* and A's book has allotted it */
       assert(rest == at || lost || unk || wo + nh || disA + disB + (inc == 2) > 1); /* no unit is idle */
       break
  od
}
