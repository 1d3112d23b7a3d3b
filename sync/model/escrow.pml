/* The conversation of one SKU: A owns K units, B holds some that A passed on, HQ promises what A
 * allotted to it. README.md beside this file says what is modelled, what is not, how to run it and
 * what was found.
 *
 * Every action is one atomic step of one party on its own state. A message is either heard at once
 * (the ordinary case) or caught in a slot, from which it arrives never, late, or many times. Nothing
 * here can go round for ever: so each run ends, and what must hold in the end is asserted where no
 * action is left ("the end", at the bottom).
 *
 * Parts  (-D): PASS BACK SHORT LOST ASK
 * Bad days(-D): ABAK (A restored from a backup of any age; age 0 is a lost disk) BBAK ACLONE HQBAK
 * Rules added to the text: THAWALL HEARSAY VOIDCREDIT;  faults: see README.md. */
#ifndef K
#define K 2     /* units on A's shelf */
#endif
#ifndef NA
#define NA 4    /* A starts nothing of its own once its journal is so long */
#endif
#define LA 14   /* what other parties cause still finds room */
#ifndef NB
#define NB 2
#endif
#define LB 8

/* Entries of A. Those that embed a command carry its id. */
#define ALLOT 1
#define SELL  2         /* from available */
#define SELLX 3         /* goods in the hand that were allotted to HQ */
#define SELLS 4         /* goods in the hand that somebody else was promised: shortfall */
#define SHORTA 5        /* a unit is missing: taken from available, allotted/HQ, a reservation, nobody */
#define SHORTH 6
#define SHORTR 7
#define SHORTS 8
#define WOFF  9         /* allotted/B written off by a named person */
#define ATT   112       /* + incarnation of HQ (1, 2); of B, too */
#define BOOT  15        /* a process opened the book (only where it matters: NOWIT) */
#define CMD   16        /* + command id 0..5: carried out */
#define REF   24        /* + command id 0..5: refused */
#define DRAWN 32        /* + id of B's draw: allotted/B -> reserved */
#define RETN  48        /* + id of what B gave back: allotted/B -> allotted/HQ */
#define LATED 96        /* + id of a draw of what was written off: a fact, re-sourced */
#define HEARD 64        /* + id of a pass on that only B remembers: allotted/HQ -> allotted/B */
/* Entries of B */
#define VOID  1
#define ACCEPT 2
#define ABANDON 3
#define DRAW  8         /* + number of the order that it is for */
#define GIVE  16        /* + number of the act */
#define CREDIT 128      /* + id of the pass on */

/* Ids of commands: 0, 1 orders; 2, 3 give back decided by H 1, 2; 4, 5 pass on decided by H 1, 2 */
#define BIT(i) (1 << (i))
#define POP(x) (((x)&1) + (((x)>>1)&1) + (((x)>>2)&1) + (((x)>>3)&1) + (((x)>>4)&1) + (((x)>>5)&1))
#define POP2(x) (((x)&1) + (((x)>>1)&1))
#define EPOCH(stamp) ((stamp) >> 4)

/* Ids of what an entry causes at somebody else's: the text's, (epoch, sequence) of the entry; or, with
 * ROOTID, that of the act at the root of it (the pass-on command, the order drawn for), which stays
 * the same when the act is done again after its entry was lost. */
#ifdef ROOTID
#define IDPASS(code, n, s) ((code) - CMD)
#define IDDRAW(code, n, s) ((code) - DRAW)
#define IDGIVE(code, n, s) (8 + (code) - GIVE)
#else
#define IDPASS(code, n, s) ((n) + 16*(EPOCH(s) > 1))
#define IDDRAW(code, n, s) ((n) + 8*(EPOCH(s) > 1))
#define IDGIVE(code, n, s) ((n) + 8*(EPOCH(s) > 1))
#endif

#define UP 0
#define QUARANTINE 1
#define REBUILD 2

/* --- A: journal (entry; stamp = epoch and boot, which stand for the hash), balances, what is embedded */
byte ja[LA], sta[LA], na, epa = 1, boota = 1, ha = 1, ma = UP, unk;
byte av = K, ah, at, rs, sf, emb, bur;
byte selj;
int  pas, drw;
/* --- B: journal; received, drawn; */
byte jb[LB], stb[LB], nb, epb = 1, bootb = 1, hb = 1, mb = UP;
byte rest, drj, gvj, ask, askj;     /* ask: 1 open, 2 the customer was told yes, 3 no */
int  crd;
/* --- HQ: journal store, mirror of A and B, own decisions */
byte sa[LA], ssa[LA], nsa, sb[LB], ssb[LB], nsb;
byte H = 1, inc = 1, heA = 1, heB = 1, used, qa, fzA, fzB, wtA, wtB, lost, hold, yes;
byte shn, shs;
byte mt;
short mh;
int  mpas, mcrd, mdrw, bdr, bgv;
#ifdef HQBAK
byte bk, bnsa, bnsb, bheA, bheB, bused, bqa, bfzA, bfzB, blost, bhold;
#endif
/* --- caught messages */
byte uu, ust, uprev, useq, ucode;       /* A -> HQ, one entry */
byte dah, dai, dbh, dbi;                /* HQ -> A, HQ -> B, one command */
/* --- what really was said to customers, and who signed for what */
byte sold, drawn, given, displaced, expl, missing, wo, drawnOld, knownW, late;
byte disA, disB, disH, clone, cav, oversold;
hidden byte i, c, q;

#define HELD (mh - POP(qa) - (hold == 1))
#define OUTA ((bdr | bgv) & ~mdrw)        /* commands to A that B's entries caused */
#define OUTB (mpas & ~mcrd)                     /* commands to B that A's entries caused */
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
#define CLAIMS (K - missing + displaced + expl + SIGNED + sf + REFUSALS)
#ifdef SHORT    /* what was lost, and to whom, is read from A's book: while that is being rebuilt, wait */
#define LEGIBLE (ma == UP)
#else
#define LEGIBLE 1
#endif
inline check() { if :: LEGIBLE && PROMISED > CLAIMS -> oversold = 1 :: else fi; assert(!oversold) }

/* postA changes A's balances by one entry that stands at sequence n with stamp s. */
inline postA(code, n, s) {
  if
  :: code == ALLOT -> av--; ah++
  :: code == SELL -> av--; selj++
  :: code == SELLX -> ah--; selj++; bur++
  :: code == SELLS -> sf++; selj++
  :: code == SHORTA -> av--; missing++
  :: code == SHORTH -> ah--; bur++; missing++
  :: code == SHORTR -> rs--; missing++
  :: code == SHORTS -> sf++; missing++
  :: code == WOFF -> at--; av++
  :: code >= CMD && code < CMD+2 -> ah--; rs++; emb = emb | BIT(code-CMD)
  :: code >= CMD+2 && code < CMD+4 -> ah--; av++; emb = emb | BIT(code-CMD)
  :: code >= CMD+4 && code < CMD+6 -> ah--; at++; emb = emb | BIT(code-CMD); pas = pas | BIT(IDPASS(code, n, s))
  :: code >= REF && code < REF+6 -> emb = emb | BIT(code-REF)
  :: code >= DRAWN && code < DRAWN+16 -> at--; rs++; drw = drw | BIT(code-DRAWN)
  :: code >= RETN && code < RETN+16 -> at--; ah++; drw = drw | BIT(code-RETN)
  :: code >= LATED && code < LATED+16 -> drw = drw | BIT(code-LATED)
  :: code >= HEARD && code < HEARD+32 -> if :: ah > 0 -> ah--; bur++ :: else -> if :: av > 0 -> av-- :: else -> sf++ fi fi;
       at++; pas = pas | BIT(code-HEARD);
#ifdef ROOTID
       emb = emb | BIT(code-HEARD)
#endif
  :: else
  fi
}
inline writeA(code) {
  assert(na < LA);
  ja[na] = code; sta[na] = epa*16 + boota; postA(code, na, sta[na]); na++
}
inline postB(code) {
  if
  :: code >= CREDIT -> rest++; crd = crd | BIT(code-CREDIT)
  :: code >= DRAW && code < DRAW+8 -> rest--; drj = drj | BIT(code-DRAW)
  :: code >= GIVE && code < GIVE+8 -> rest--; gvj = gvj | BIT(code-GIVE)
  :: code == VOID -> rest--
  :: code == ACCEPT || code == ABANDON -> askj = 1
  :: else
  fi
}
inline writeB(code) { assert(nb < LB); jb[nb] = code; stb[nb] = epb*16 + bootb; postB(code); nb++ }

/* foldA is HQ reading the next entry of A: mirror, queue, and what its own past self decided. */
inline mirrorA(code, n, s) {
  if
  :: code == ALLOT -> mh++
  :: code == SELLX || code == SHORTH -> mh--
  :: code >= CMD && code < CMD+6 -> mh--;
       if :: code >= CMD+4 -> mt++; mpas = mpas | BIT(IDPASS(code, n, s)) :: else fi
  :: code >= DRAWN && code < DRAWN+16 -> mt--; mdrw = mdrw | BIT(code-DRAWN)
  :: code >= RETN && code < RETN+16 -> mt--; mh++; mdrw = mdrw | BIT(code-RETN)
  :: code >= LATED && code < LATED+16 -> mdrw = mdrw | BIT(code-LATED)
  :: code == WOFF -> mt--
  :: code >= HEARD && code < HEARD+32 -> mh--; mt++; mpas = mpas | BIT(code-HEARD)
  :: else
  fi
}
inline foldA(code, s) {
  mirrorA(code, nsa, s);
  if
  :: code >= CMD && code < CMD+6 -> qa = qa & ~BIT(code-CMD); used = used | BIT(code-CMD)
  :: code >= REF && code < REF+6 -> qa = qa & ~BIT(code-REF); used = used | BIT(code-REF)
#ifdef ROOTID
  :: code >= HEARD && code < HEARD+32 -> qa = qa & ~BIT(code-HEARD); used = used | BIT(code-HEARD)
#endif
#ifdef WOFFCLOSES
  :: code == WOFF && heB == 1 -> lost = 1
#endif
  :: code == ATT + inc -> fzA = 0; wtA = 0
  :: else
  fi;
  sa[nsa] = code; ssa[nsa] = s; nsa++
}
inline mirrorB(code, n, s) {
  if
#ifdef NUMID
  :: code >= CREDIT -> mcrd = mcrd | BIT((code-CREDIT) & 15)
#else
  :: code >= CREDIT -> mcrd = mcrd | BIT(code-CREDIT)
#endif
  :: code >= DRAW && code < DRAW+8 -> bdr = bdr | BIT(IDDRAW(code, n, s))
  :: code >= GIVE && code < GIVE+8 -> bgv = bgv | BIT(IDGIVE(code, n, s))
  :: else
  fi
}
inline foldB(code, s) {
  mirrorB(code, nsb, s);
  if
  :: code == ACCEPT -> hold = 2; if :: !(used & 2) -> used = used | 2; qa = qa | 2 :: else fi
  :: code == ABANDON -> hold = 2
  :: code == ATT + inc -> fzB = 0; wtB = 0
  :: else
  fi;
  sb[nsb] = code; ssb[nsb] = s; nsb++
}

/* A or B has only the first n entries of its journal. */
inline refoldA() {
  av = K; ah = 0; at = 0; rs = 0; sf = 0; emb = 0; drw = 0; pas = 0; selj = 0; bur = 0; missing = 0; ha = 1;
  i = 0; do :: i < na -> c = ja[i]; postA(c, i, sta[i]); if :: c == ATT+2 -> ha = H :: else fi; i++ :: else -> break od;
  do :: i < LA -> ja[i] = 0; sta[i] = 0; i++ :: else -> break od; i = 0; c = 0
}
inline refoldB() {
  rest = 0; drj = 0; gvj = 0; crd = 0; askj = 0; hb = 1;
  i = 0; do :: i < nb -> c = jb[i]; postB(c); if :: c == ATT+2 -> hb = H :: else fi; i++ :: else -> break od;
  do :: i < LB -> jb[i] = 0; stb[i] = 0; i++ :: else -> break od; i = 0; c = 0
}
inline refoldHQ() {
  mh = 0; mt = 0; mdrw = 0; bdr = 0; bgv = 0; mpas = 0; mcrd = 0;
  i = 0; do :: i < nsa -> c = sa[i]; mirrorA(c, i, ssa[i]); i++ :: else -> break od;
  do :: i < LA -> sa[i] = 0; ssa[i] = 0; i++ :: else -> break od;
  i = 0; do :: i < nsb -> c = sb[i]; mirrorB(c, i, ssb[i]); i++ :: else -> break od;
  do :: i < LB -> sb[i] = 0; ssb[i] = 0; i++ :: else -> break od; i = 0; c = 0
}
inline adoptStoreA() {
  na = nsa; i = 0; do :: i < na -> ja[i] = sa[i]; sta[i] = ssa[i]; i++ :: else -> break od; refoldA()
}
inline adoptStoreB() {
  nb = nsb; i = 0; do :: i < nb -> jb[i] = sb[i]; stb[i] = ssb[i]; i++ :: else -> break od; refoldB()
}
inline cutA(n) { na = n; refoldA(); boota++; disA++; if :: wtA == 2 -> wtA = 1 :: else fi }
inline cutB(n) { nb = n; refoldB(); bootb++; disB++; if :: wtB == 2 -> wtB = 1 :: else fi }

/* obey: A carries out command id, or says that it cannot. It can, but after a loss. */
inline obey(id) {
#ifdef HEARSAY
  if :: ma == REBUILD && inc == 2 && ah == 0 && av > 0 -> writeA(ALLOT) :: else fi; /* the allotment was lost, what HQ did with it was not */
#endif
  if
  :: ah > 0 -> writeA(CMD + id)
  :: else -> assert(expl + missing + sf + bur > 0); writeA(REF + id);
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
/* resell: a sale from a client's journal, after a restore. It fits, but after a loss that somebody was told. */
inline resell() {
  if
  :: av > 0 -> writeA(SELL)
  :: else -> assert(expl + missing + wo > 0 || (inc == 2 && ah > 0)); /* a give back may be lost with its HQ */
       if :: ah > 0 -> writeA(SELLX) :: else -> writeA(SELLS) fi
  fi
}

/* unk: a book that was rolled back and does not know. 1: the next contact will tell. 2: it cannot tell,
 * for HQ was never shown more. 3: has talked since, and nobody knows yet. */
#define TALKA (CHAINA && ha == H && unk != 1 && unk != 2 && (ma == UP || ma == REBUILD))
#define TALKB (hb == H && (mb == UP || mb == REBUILD) && !lost)
#ifdef EARLYSEND
#define SENDA TALKA
#define SENDB TALKB
#else
# ifdef LITERAL
#define SENDA (TALKA && !wtA)
#define SENDB (TALKB && !wtB)
# else
#define SENDA (TALKA && (!wtA || ma == REBUILD))
#define SENDB (TALKB && (!wtB || mb == REBUILD))
# endif
#endif
#ifdef THAWALL
#define FREE (!fzA && !wtA && (!wtB || lost))
#else
#define FREE (!fzA && !wtA)
#endif
#ifdef NOHASH
#define SAMEA(n, s) 1
#define SHOWNA 1
#define CHAINA (na >= nsa)
#else
#define SHOWNA (useq + 1 != shn || ust == shs)
#define SAMEA(n, s) (((n) == 0 -> 0 : ssa[((n) == 0 -> 0 : (n)-1)]) == (s))
#define CHAINA (na >= nsa && (nsa == 0 || sta[(nsa == 0 -> 0 : nsa-1)] == ssa[(nsa == 0 -> 0 : nsa-1)]) && na >= shn && (shn == 0 || sta[(shn == 0 -> 0 : shn-1)] == shs))
#endif
#ifdef STRICTEPOCH
#define EPOCHA(s) (EPOCH(s) == heA)
#elif defined(NOEPOCH)
#define EPOCHA(s) 1
#else
#define EPOCHA(s) (EPOCH(s) == heA || (inc == 2 && wtA && EPOCH(s) > heA))
#endif
#define CHAINB (nb >= nsb && (nsb == 0 || stb[(nsb == 0 -> 0 : nsb-1)] == ssb[(nsb == 0 -> 0 : nsb-1)]))

#ifdef YESOFH
#define YES (yes == hb)
#else
#define YES (yes > 0)
#endif
#ifdef HEARSAY
#define PASSEDALL (!(qa & ~emb) && (inc == 1 || !(mcrd & ~pas)))
#define HEARDALL (inc == 1 || (!wtB && !(mcrd & ~pas)))
#define HEARDALLB (inc == 1 || (!wtA && !((mdrw >> 8) & ~gvj)))
#else
#define PASSEDALL (!(qa & ~emb))
#define HEARDALL 1
#define HEARDALLB 1
#endif
#ifdef WOFFCLOSES
#define SETTLED (!fzB && !OUTA)
#else
#define SETTLED 1
#endif
#ifdef VOIDCREDIT
#define VOIDED (wo == 0 || rest == 0)
#else
#define VOIDED 1
#endif
#ifdef NOREPLAY
#define REPLAYEDA 1
#else
#define REPLAYEDA (selj >= sold)
#endif
#ifdef JOURNALSFIRST
#define READYA 1
#define READYB 1
#else
# ifdef HEARSAY
#define READYA (!(qa & ~emb) && !(OUTA & ~drw) && (inc == 1 || !wtB))
# else
#define READYA (!(qa & ~emb) && !(OUTA & ~drw))
# endif
# ifdef HEARSAY
#define READYB (!(OUTB & ~crd) && (inc == 1 || !wtA))
# else
#define READYB (!(OUTB & ~crd))
# endif
#endif

#ifdef NODEDUP
#define NEWA(id) 1
#else
#define NEWA(id) !(emb & BIT(id))
#endif
#ifdef NUMID    /* a command is known by (H, number), so an HQ that was restored gives it another id */
#define SHIFT(h) (16*((h)-1))
#else
#define SHIFT(h) 0
#endif
#ifdef NOMEMORY
#define NEWB(n) 1
#else
#define NEWB(n) !(crd & BIT((n) + SHIFT(dbh)))
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
#ifdef BACK
  :: d_step { FREE && HELD > 0 && !(used & BIT(1+H)) -> used = used | BIT(1+H); qa = qa | BIT(1+H) }
#endif
#ifdef PASS
  :: d_step { FREE && HELD > 0 && !(used & BIT(3+H)) && !lost && SETTLED -> used = used | BIT(3+H); qa = qa | BIT(3+H) }
#endif
  /* ---------------------------------------------------------------- A obeys */
  DO(0) DO(1)
#ifdef BACK
  DO(2) DO(3)
#endif
#ifdef PASS
  DO(4) DO(5)
  :: d_step { SENDA && (OUTA & ~drw) && (ma == UP || PASSEDALL) ->      /* in the order of the stream */
       i = 0; do :: (OUTA & ~drw & BIT(i)) -> break :: else -> i++ od;
       if
       :: at > 0 -> if :: (bdr & BIT(i)) -> writeA(DRAWN+i) :: else -> writeA(RETN+i) fi
       :: else -> assert(wo > 0); writeA(LATED+i)
       fi; i = 0 }
  /* ---------------------------------------------------------------- B is credited, draws, gives back */
  :: d_step { SENDB && (OUTB & ~(crd >> SHIFT(H))) ->
       i = 0; do :: (OUTB & ~(crd >> SHIFT(H)) & BIT(i)) -> break :: else -> i++ od; writeB(CREDIT+i+SHIFT(H)); i = 0 }
  :: d_step { mb == UP && rest > 0 -> writeB(DRAW+drawn); drawn++; check() }
  :: d_step { mb == UP && rest > 0 && nb < NB && !lost -> writeB(GIVE+given); given++ }
#endif
#ifdef ASK
  /* ---------------------------------------------------------------- B asks for order 1, now */
  :: d_step { mb == UP && ask == 0 -> ask = 1 }
  :: d_step { FREE && TALKB && !wtB && ask == 1 && hold == 0 && HELD > 0 && !(used & 2) -> hold = 1; yes = H }
#ifdef LATEYES
  :: d_step { mb == UP && (ask == 1 || ask == 3) && yes -> yes = 0; ask = 2; writeB(ACCEPT); check() }
#else
  :: d_step { mb == UP && ask == 1 && YES -> yes = 0; ask = 2; writeB(ACCEPT); check() }
#endif
  :: d_step { mb == UP && ask == 1 -> ask = 3; writeB(ABANDON) }
#ifdef HOLDTIMER
  :: d_step { hold == 1 -> hold = 2 }
#endif
#endif
  /* ---------------------------------------------------------------- journals go up */
  :: d_step { TALKA && na > nsa && CHAINA && EPOCHA(sta[nsa]) ->
       if :: EPOCH(sta[nsa]) > heA -> heA = EPOCH(sta[nsa]) :: else fi;
#ifdef NOWIT
       if :: na > shn -> shn = na; shs = sta[na-1] :: else fi;
#endif
       c = ja[nsa]; i = sta[nsa]; foldA(c, i); c = 0; i = 0 }
#if defined(PASS) || defined(ASK)
  :: d_step { hb == H && (mb == UP || mb == REBUILD) && !lost && nb > nsb && CHAINB ->
       c = jb[nsb]; i = stb[nsb]; foldB(c, i); c = 0; i = 0;
       /* from here on B talks to an HQ that knows of the write-off: what B draws now, nobody signed for */
       if :: wo > 0 && mt == 0 && nsa == na && nsb == nb && !late -> late = 1; drawnOld = drawn :: else fi }
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
  :: d_step { SENDB && dbh == 0 && OUTB && !disH -> dbh = H; i = 0; do :: (OUTB & BIT(i)) -> break :: else -> i++ od; dbi = i; i = 0 }
  :: d_step { dbh && mb == UP && dbh >= hb && NEWB(dbi) -> c = dbi; writeB(CREDIT + c + SHIFT(dbh)); dbh = 0; dbi = 0; c = 0 }
#endif
#endif
  /* ---------------------------------------------------------------- A goes back in time */
#ifdef ABAK
#ifdef NOWIT    /* nobody remembers: it sells on until the first contact, or for ever where HQ was never shown more */
# ifdef NOBOOT
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
       adoptStoreA(); heA++; epa = heA; ha = H; shn = 0; shs = 0; ma = REBUILD
#ifndef NOFREEZE
       ; fzA = 1
#endif
       }
  /* (3) is above: A obeys; (4) clients' journals */
  :: d_step { ma == REBUILD && READYA && selj < sold -> resell() }
#ifdef HEARSAY  /* the holders' journals say what the owner passed on and forgot */
  :: d_step { ma == REBUILD && inc == 2 && !(qa & ~emb) && (mcrd & ~pas) ->
       i = 0; do :: (mcrd & ~pas & BIT(i)) -> break :: else -> i++ od; writeA(HEARD+i); i = 0 }
#endif
  /* (6) attest */
  :: d_step { ma == REBUILD && ha == H && READYA && REPLAYEDA && HEARDALL -> writeA(ATT + inc); ma = UP; check() }
#endif
#ifdef BBAK
#define BACKTOB(n) :: d_step { disB == 0 && mb == UP && nb >= n -> cutB(n); mb = QUARANTINE }
  BACKTOB(0) BACKTOB(1) BACKTOB(2) BACKTOB(3)
#endif
#if defined(BBAK) || defined(LOST)
  :: d_step { mb == QUARANTINE && (!lost || wo == 0 || mt == 0 && !(qa & 48)) -> adoptStoreB(); heB++; epb = heB; hb = H; bootb++; lost = 0; fzB = 1; mb = REBUILD }
  :: d_step { mb == REBUILD && READYB && ALLDRAWN > drj ->
       i = 0; do :: (drj & BIT(i)) -> i++ :: else -> break od;
       if :: rest == 0 -> assert(wo > 0); rest++ :: else fi; writeB(DRAW+i); i = 0 }
  :: d_step { mb == REBUILD && hb == H && READYB && drj == ALLDRAWN && VOIDED && HEARDALLB && (ask < 2 || askj) -> writeB(ATT + inc); mb = UP; if :: wo > 0 && !late -> late = 1; drawnOld = drawn :: else fi }
#ifdef HEARSAY  /* the owner's journal says what the holder gave back and forgot */
  :: d_step { mb == REBUILD && inc == 2 && !wtA && READYB && drj == ALLDRAWN && ((mdrw >> 8) & ~gvj) ->
       i = 0; do :: ((mdrw >> 8) & ~gvj & BIT(i)) -> break :: else -> i++ od; assert(rest > 0); writeB(GIVE+i); i = 0 }
#endif
  :: d_step { mb == REBUILD && ask > 1 && !askj -> if :: ask == 2 -> writeB(ACCEPT) :: else -> writeB(ABANDON) fi }
#ifdef VOIDCREDIT
  :: d_step { mb == REBUILD && READYB && drj == ALLDRAWN && HEARDALLB && wo > 0 && rest > 0 -> writeB(VOID) }
#endif
#endif
  /* ---------------------------------------------------------------- B declared lost, written off */
#ifdef LOST
  :: d_step { !lost && wo == 0 && disB == 0 && mb == UP && mt > 0 -> lost = 1 }
  :: d_step { lost && ma == UP && at > 0 && !OUTA -> writeA(WOFF); wo++; knownW = 0; i = 0;
       do :: i < 8 -> knownW = knownW + ((bdr >> i) & 1); i++ :: else -> break od; i = 0; check() }
  :: d_step { lost && (mb == UP || mb == REBUILD) -> mb = QUARANTINE; disB = 1 }
#endif
#ifdef TIMER
  :: d_step { ma == UP && at > 0 && na < NA+2 -> writeA(WOFF) }
#endif
  /* ---------------------------------------------------------------- A is copied, both run */
#ifdef ACLONE
  :: d_step { clone == 0 && ma == UP -> clone = 1; cav = av }
  :: d_step { clone == 1 && cav > 0 -> cav--; sold++; selj++; expl++; check() }
  :: d_step { clone == 1 ->                           /* its first contact */
#ifdef CLONEMERGED
       clone = 2 }
  :: d_step { clone == 2 && cav > 0 -> cav--; sold++; selj++; check() }
#else
       clone = 3; cav = 0 }
#endif
#endif
  /* ---------------------------------------------------------------- HQ goes back in time */
#ifdef HQBAK
  :: d_step { bk == 0 -> bk = 1; bnsa = nsa; bnsb = nsb; bheA = heA; bheB = heB; bused = used; bqa = qa; bfzA = fzA; bfzB = fzB; blost = lost; bhold = hold }
  :: d_step { bk == 1 -> bk = 2; nsa = bnsa; nsb = bnsb; heA = bheA; heB = bheB; used = bused; qa = bqa; fzA = bfzA; fzB = bfzB; lost = blost; hold = bhold;
       shn = 0; shs = 0; refoldHQ(); inc = 2; disH = 1; wtA = 1; wtB = 1;
       if :: unk == 1 && CHAINA -> unk = 2; expl = expl + sold - selj :: else fi;
       bnsa = 0; bnsb = 0; bheA = 0; bheB = 0; bused = 0; bqa = 0; bfzA = 0; bfzB = 0; blost = 0; bhold = 0
#ifndef SAMEH
       ; H = 2
#endif
#ifdef NOFREEZEHQ
       ; wtA = 0; wtB = 0
#endif
       }
  :: d_step { inc == 2 && ma == REBUILD && ha < H -> ha = H }
  :: d_step { inc == 2 && mb == REBUILD && hb < H -> hb = H }
  /* adopt; the attest entry stands behind everything the site has written */
  :: d_step { inc == 2 && ma == UP && wtA != 2 && (ha < H || (H == 1 && wtA == 1)) -> ha = H
#ifdef THAWATADOPT
       ; wtA = 0 }
#else
       ; writeA(ATT + 2); if :: wtA == 1 -> wtA = 2 :: else fi }
#endif
  :: d_step { inc == 2 && mb == UP && !lost && wtB != 2 && (hb < H || (H == 1 && wtB == 1)) -> hb = H; writeB(ATT + 2); if :: wtB == 1 -> wtB = 2 :: else fi }
#endif
  /* ---------------------------------------------------------------- the end: no action is left */
  :: else -> 
       assert(ma == UP && mb == UP);                            /* every rebuild came to its end */
       assert(!fzA && !wtA && !wtB);                            /* and HQ thawed */
       assert(nsa == na && nsb == nb || lost || unk);           /* all is shared */
       assert(unk || selj >= sold);                             /* no sale is forgotten */
       assert(drj == ALLDRAWN);
       assert(ask < 2 || askj);
       assert(hold != 1);                                       /* nothing is held for a customer who was told no */
#ifdef VACUITY
       assert(!(again && PROMISED == K VACUOUS));
#endif
       assert(qa == 0 && !OUTA || unk);                         /* every command has its entry */
       break
  od
}
