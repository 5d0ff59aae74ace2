(** Boxes of strict saddles as certificates of kind ridge/saddle-box/1 state them: with a bias and a margin.
    Of Coq's axioms only those of the classical reals are used: the floats are pairs of integers. *)
Require Import Reals List ZArith Lra Lia.
From Interval.Float Require Import Basic Sig Specific_ops Specific_stdz.
Require Import NC.NCSum NC.NCBound NC.NCLoss NC.NCMain NC.NCReg NC.NCCurv NC.NCCheck.
Open Scope R_scope.

Module F := SpecificFloat StdZRadix2.
Module C := Checker F.

(** a list of integers in units of 2^-s, and the vectors within r units of it *)
Definition vector (s : Z) (l : list Z) : vec := fun k => IZR (nth k l 0%Z) / IZR (2 ^ s).
Definition nearby (s r : Z) (l : list Z) (x : vec) (K : nat) :=
  forall k, (k < K)%nat -> IZR (nth k l 0%Z - r) <= x k * IZR (2 ^ s) <= IZR (nth k l 0%Z + r).

Lemma curvature_margin K d n W H b A B be lW lH lb m :
  curvature K d n W H b A B be (lW + m) (lH + m) (lb + m)
  = curvature K d n W H b A B be lW lH lb
    + m * (rsum K (fun k => sq d (A k)) + rsum K (fun k => rsum n (fun i => sq d (B k i)))
           + rsum K (fun k => be k * be k)).
Proof. unfold curvature. change (sq K be) with (rsum K (fun k => be k * be k)). ring. Qed.

Section Saddle.
Variable prec : F.precision.
Variables (K d n : nat) (s r : Z) (Wl Hl bl : list Z) (sd : Z) (Al Bl cl : list Z) (wp wq hp hq bp bq mp mq : Z).

Definition heavier (p q : Z) := C.I.add prec (C.irat prec p q) (C.irat prec mp mq).
Definition saddle : bool :=
  ((2 <=? K)%nat && (1 <=? n)%nat && (0 <=? s)%Z && (0 <=? sd)%Z
   && (0 <? wq)%Z && (0 <? hq)%Z && (0 <? bq)%Z && (0 <? mq)%Z
   && C.check prec K d n (C.tabi prec s r d Wl) (C.tabi prec sd 0 d Al) (C.tabi3 prec s r n d Hl)
        (C.tabi3 prec sd 0 n d Bl) (fun k => C.ibox prec s (nth k bl 0%Z) r) (fun k => C.ibox prec sd (nth k cl 0%Z) 0)
        (heavier wp wq) (heavier hp hq) (heavier bp bq))%bool.

Theorem saddle_sound :
  saddle = true ->
  forall W H b, C.near s r d Wl W K -> C.near3 s r n d Hl H K -> nearby s r bl b K ->
  curvature K d n W H b (C.dir sd d Al) (C.dir3 sd n d Bl) (vector sd cl)
    (IZR wp / IZR wq) (IZR hp / IZR hq) (IZR bp / IZR bq)
  < - (IZR mp / IZR mq) * (rsum K (fun k => sq d (C.dir sd d Al k))
      + rsum K (fun k => rsum n (fun i => sq d (C.dir3 sd n d Bl k i)))
      + rsum K (fun k => vector sd cl k * vector sd cl k)).
Proof.
  unfold saddle. rewrite !Bool.andb_true_iff.
  intros ((((((((HK & Hn) & Hs) & Hsd) & Hw) & Hh) & Hb) & Hm) & T) W H b NW NH Nb.
  apply Nat.leb_le in HK. apply Nat.leb_le in Hn. apply Z.leb_le in Hs, Hsd. apply Z.ltb_lt in Hw, Hh, Hb, Hm.
  apply IZR_lt in Hw, Hh, Hb, Hm.
  assert (P : 0 < IZR (2 ^ sd)) by (apply IZR_lt, Z.pow_pos_nonneg; lia).
  assert (Q : forall p q, 0 < IZR q -> C.mem (heavier p q) (IZR p / IZR q + IZR mp / IZR mq)).
  { intros p q Hq. apply C.add_ok; (apply C.div_ok; [lra| |]; apply C.iz_ok). }
  assert (E : forall m, C.mem (C.ibox prec sd m 0) (IZR m / IZR (2 ^ sd))).
  { intros m. apply C.ibox_ok; [exact Hsd|]. rewrite Z.sub_0_r, Z.add_0_r. split; right; field; lra. }
  assert (S := C.check_sound prec K d n _ _ _ _ _ _ _ _ _ W (C.dir sd d Al) H (C.dir3 sd n d Bl) b (vector sd cl)
    (IZR wp / IZR wq + IZR mp / IZR mq) (IZR hp / IZR hq + IZR mp / IZR mq) (IZR bp / IZR bq + IZR mp / IZR mq) HK Hn
    (fun k Hk a Ha => C.ibox_ok prec s _ r _ Hs (NW k a Hk Ha)) (fun k Hk a Ha => E _)
    (fun k i Hk Hi a Ha => C.ibox_ok prec s _ r _ Hs (NH k i a Hk Hi Ha)) (fun k i Hk Hi a Ha => E _)
    (fun k Hk => C.ibox_ok prec s _ r _ Hs (Nb k Hk)) (fun k Hk => E _) (Q _ _ Hw) (Q _ _ Hh) (Q _ _ Hb) T).
  rewrite curvature_margin in S. lra.
Qed.
End Saddle.
