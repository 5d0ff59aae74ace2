(** The landscape is benign for every d >= K - 1: when no direction is left outside the classifiers, dual feasibility
    follows from the balance of W and H. *)
Require Import Reals Lra Lia Psatz Classical.
From Coquelicot Require Import Coquelicot.
Require Import NC.NCSum NC.NCBound NC.NCLoss NC.NCMain NC.NCReg NC.NCEtf NC.NCCurv NC.NCSaddle NC.NCLandscape.
Open Scope R_scope.

Section Square.
Variables (K d n : nat) (W : nat -> vec) (H : nat -> nat -> vec) (b : vec).
Variables (lW lH lb : R).
Hypothesis HK : (2 <= K)%nat.
Hypothesis Hn : (1 <= n)%nat.
Hypothesis PW : 0 < lW.
Hypothesis PH : 0 < lH.
Hypothesis Pb : 0 <= lb.
Variable free : vec -> Prop.
Hypothesis free_zero : free (fun _ => 0).
Hypothesis free_b : free b.
Hypothesis C : critical K d n W H b lW lH lb free.

Let g := gform K d n W H b.
Let zero : vec := fun _ => 0.

Lemma g_constant (v : nat -> nat -> R) : g (fun k i _ => v k i) = 0.
Proof.
  unfold g, gform. rewrite (avg_ext K n _ (fun _ _ => 0)).
  - apply avg_const; lia.
  - intros k i _ _. rewrite rsum_scal_r, sm_sum by exact HK. ring.
Qed.

Lemma dot_scaled u x a : dot d u (fun y => x * a y) = x * dot d u a.
Proof. unfold dot. rewrite <- rsum_scal. apply rsum_ext; intros; ring. Qed.

(** the gradient in each sample along xi, and in each classifier *)
Lemma along_features xi (v : nat -> nat -> R) :
  g (fun k i j => dot d (W j) xi * v k i) = - lH * rsum K (fun k => rsum n (fun i => v k i * dot d (H k i) xi)).
Proof.
  assert (F := critical_first K d n W H b lW lH lb HK free C (fun _ => zero) (fun k i y => v k i * xi y) zero free_zero).
  cbv beta in F. fold g in F.
  rewrite (sum_zero K (fun k => dot d (W k) zero)) in F by (intros; apply dot_zero_r).
  rewrite (sum_zero K (fun k => b k * zero k)) in F by (intros; unfold zero; ring).
  rewrite (rsum_ext K _ (fun k => rsum n (fun i => v k i * dot d (H k i) xi))) in F
    by (intros; apply rsum_ext; intros; apply dot_scaled).
  unfold g in *. rewrite (gform_ext K d n W H b _ (fun k i j => dot d (W j) xi * v k i)) in F; [lra|].
  intros k i j _ _ _. unfold y1. rewrite dot_scaled, dot_zero_l. unfold zero. ring.
Qed.

Lemma along_classifiers xi (x : nat -> R) :
  g (fun k i j => x j * dot d (H k i) xi) = - lW * rsum K (fun k => x k * dot d (W k) xi).
Proof.
  assert (F := critical_first K d n W H b lW lH lb HK free C (fun k y => x k * xi y) (fun _ _ => zero) zero free_zero).
  cbv beta in F. fold g in F.
  rewrite (sum_zero K (fun k => rsum n (fun i => dot d (H k i) zero))) in F
    by (intros; apply sum_zero; intros; apply dot_zero_r).
  rewrite (sum_zero K (fun k => b k * zero k)) in F by (intros; unfold zero; ring).
  rewrite (rsum_ext K _ (fun k => x k * dot d (W k) xi)) in F by (intros; apply dot_scaled).
  unfold g in *. rewrite (gform_ext K d n W H b _ (fun k i j => x j * dot d (H k i) xi)) in F; [lra|].
  intros k i j _ _ _. unfold y1. rewrite dot_zero_r, dot_comm, dot_scaled. unfold zero. ring.
Qed.

Lemma classifiers_cancel xi : rsum K (fun k => dot d (W k) xi) = 0.
Proof.
  assert (F := along_classifiers xi (fun _ => 1)). cbv beta in F.
  unfold g in F. rewrite (gform_ext K d n W H b _ (fun k i _ => dot d (H k i) xi)) in F by (intros; ring).
  assert (Z := g_constant (fun k i => dot d (H k i) xi)). unfold g in Z. rewrite Z in F.
  rewrite (rsum_ext K _ (fun k => dot d (W k) xi)) in F by (intros; ring).
  apply Rmult_eq_reg_l with lW; lra.
Qed.

Lemma balance xi :
  lW * rsum K (fun k => dot d (W k) xi * dot d (W k) xi)
  = lH * rsum K (fun k => rsum n (fun i => dot d (H k i) xi * dot d (H k i) xi)).
Proof.
  assert (A := along_features xi (fun k i => dot d (H k i) xi)).
  assert (B := along_classifiers xi (fun k => dot d (W k) xi)). lra.
Qed.

(** with d + 2 > K unknowns, u = alpha 1 + W^T xi, unless some direction is orthogonal to all classifiers *)
Lemma spans (u : nat -> R) :
  (K - 1 <= d)%nat -> ~ (exists a, (exists x, (x < d)%nat /\ a x <> 0) /\ forall k, (k < K)%nat -> dot d (W k) a = 0) ->
  exists alpha xi, forall k, (k < K)%nat -> u k = alpha + dot d (W k) xi.
Proof.
  intros Hd No.
  destruct (null_vector K (S (S d)) (fun k x => if Nat.ltb x d then W k x else if Nat.eqb x d then 1 else - u k)
    ltac:(lia)) as (y & (x & Hx & Nx) & Z).
  assert (E : forall k, (k < K)%nat -> dot d (W k) y + y d - u k * y (S d) = 0).
  { intros k Hk. rewrite <- (Z k Hk). unfold dot. cbn [rsum].
    rewrite Nat.ltb_irrefl, Nat.eqb_refl.
    replace (Nat.ltb (S d) d) with false by (symmetry; apply Nat.ltb_ge; lia).
    replace (Nat.eqb (S d) d) with false by (symmetry; apply Nat.eqb_neq; lia).
    rewrite (rsum_ext d (fun a => (if Nat.ltb a d then W k a else if Nat.eqb a d then 1 else - u k) * y a)
      (fun a => W k a * y a)); [ring|].
    intros i Hi. destruct (Nat.ltb_spec i d); [reflexivity|lia]. }
  destruct (Req_dec (y (S d)) 0) as [Y|Y].
  - exfalso. assert (S0 : INR K * y d = 0).
    { rewrite <- rsum_const. assert (Q := classifiers_cancel y).
      rewrite (rsum_ext K (fun _ => y d) (fun k => -1 * dot d (W k) y)), rsum_scal, Q; [ring|].
      intros k Hk. generalize (E k Hk). rewrite Y. lra. }
    assert (Y0 : y d = 0) by (apply Rmult_integral in S0; destruct S0 as [S0|S0]; [|exact S0];
      exfalso; apply (not_0_INR K); [lia|exact S0]).
    apply No. exists y. split.
    + exists x. split; [|exact Nx]. destruct (Nat.eq_dec x d) as [->|]; [contradiction|].
      destruct (Nat.eq_dec x (S d)) as [->|]; [contradiction|lia].
    + intros k Hk. generalize (E k Hk). rewrite Y, Y0. lra.
  - exists (y d / y (S d)), (fun a => / y (S d) * y a). intros k Hk. rewrite dot_scaled.
    apply Rmult_eq_reg_l with (y (S d)); [|exact Y].
    replace (y (S d) * (y d / y (S d) + / y (S d) * dot d (W k) y)) with (y d + dot d (W k) y) by (field; exact Y).
    generalize (E k Hk). lra.
Qed.

Lemma full_rank_dual_feasible :
  (K - 1 <= d)%nat -> ~ (exists a, (exists x, (x < d)%nat /\ a x <> 0) /\ forall k, (k < K)%nat -> dot d (W k) a = 0) ->
  dual_feasible K d n W H b lW lH.
Proof.
  intros Hd No u v. destruct (spans u Hd No) as (alpha & xi & E).
  assert (G : g (fun k i j => u j * v k i) = - lH * rsum K (fun k => rsum n (fun i => v k i * dot d (H k i) xi))).
  { rewrite <- along_features. unfold g.
    rewrite (gform_ext K d n W H b _ (fun k i j => alpha * v k i + 1 * (dot d (W j) xi * v k i))).
    2:{ intros k i j _ _ Hj. rewrite (E j Hj). ring. }
    rewrite (gform_lin K d n W H b alpha (fun k i _ => v k i) 1).
    assert (Z := g_constant v). unfold g in Z. rewrite Z. ring. }
  unfold g in G. rewrite G.
  assert (U : rsum K (fun j => u j * u j)
    = INR K * (alpha * alpha) + rsum K (fun k => dot d (W k) xi * dot d (W k) xi)).
  { rewrite (rsum_ext K _ (fun k => alpha * alpha + (2 * alpha * dot d (W k) xi + dot d (W k) xi * dot d (W k) xi))).
    2:{ intros k Hk. rewrite (E k Hk). ring. }
    rewrite rsum_plus, rsum_plus, rsum_const, rsum_scal, classifiers_cancel. ring. }
  assert (V : rsum K (fun k => rsum n (fun i => (v k i - dot d (H k i) xi) * (v k i - dot d (H k i) xi)))
    = rsum K (fun k => rsum n (fun i => v k i * v k i)) - 2 * rsum K (fun k => rsum n (fun i => v k i * dot d (H k i) xi))
      + rsum K (fun k => rsum n (fun i => dot d (H k i) xi * dot d (H k i) xi))).
  { rewrite <- rsum_scal, <- rsum_minus, <- rsum_plus. apply rsum_ext; intros k _.
    rewrite <- rsum_scal, <- rsum_minus, <- rsum_plus. apply rsum_ext; intros i _. ring. }
  assert (N : 0 <= rsum K (fun k => rsum n (fun i => (v k i - dot d (H k i) xi) * (v k i - dot d (H k i) xi)))).
  { apply rsum_nonneg; intros; apply rsum_nonneg; intros; apply Rle_0_sqr. }
  assert (B := balance xi). assert (PK : 0 < INR K) by (apply lt_0_INR; lia).
  rewrite U. rewrite V in N.
  assert (N1 := Rmult_le_pos _ _ (Rlt_le _ _ PH) N).
  assert (N2 := Rmult_le_pos _ _ (Rlt_le _ _ PW) (Rmult_le_pos _ _ (Rlt_le _ _ PK) (Rle_0_sqr alpha))).
  unfold Rsqr in N2. lra.
Qed.

(** THEOREM: for d >= K - 1 every critical point is a global minimiser or has a direction of negative curvature. *)
Theorem benign_landscape :
  (K - 1 <= d)%nat ->
  (forall W' H' b', free b' -> ufm K d n W H b lW lH lb <= ufm K d n W' H' b' lW lH lb) \/
  (exists A B, curvature K d n W H b A B (fun _ => 0) lW lH lb < 0).
Proof.
  intros Hd. destruct (classic (dual_feasible K d n W H b lW lH)) as [F|NF].
  - left. apply (critical_dual_feasible_global K d n W H b lW lH lb HK Hn Pb free free_zero C F free_b).
  - right. destruct (classic (exists a, (exists x, (x < d)%nat /\ a x <> 0)
      /\ forall k, (k < K)%nat -> dot d (W k) a = 0)) as [(a & (x & Hx & Nx) & O)|No].
    + apply (critical_infeasible_negative K d n W H b lW lH lb HK PH free free_zero a C O); [|exact NF].
      destruct (sq_nonneg d a) as [P|E]; [exact P|].
      exfalso. apply Nx. apply (sq_zero d a); [symmetry; exact E|exact Hx].
    + exfalso. apply NF. apply full_rank_dual_feasible; assumption.
Qed.
End Square.

(** A critical point is neural collapse or a strict saddle, for every d >= K - 1, with a bias or without. *)
Theorem neural_collapse_or_strict_saddle K d n W H b lW lH lb (free : vec -> Prop) c :
  (2 <= K)%nat -> (1 <= n)%nat -> (K - 1 <= d)%nat -> 0 < lW -> 0 < lH -> 0 <= lb ->
  0 < c -> INR K * c <= 1 -> c * c = INR n * lW * lH ->
  free (fun _ => 0) -> free b -> critical K d n W H b lW lH lb free ->
  ((forall k i a, (k < K)%nat -> (i < n)%nat -> (a < d)%nat -> H k i a = c / (INR n * lH) * W k a) /\
   gram_etf K d W (- tstar K c * (INR n * lH) / (c * INR K)) /\
   (forall j k, (j < K)%nat -> (k < K)%nat -> b j = b k) /\
   lb * rsum K (fun k => b k * b k) = 0)
  \/
  (forall del, 0 < del -> exists A B e, Rabs e < del /\
     ufm K d n (Wl W A e) (Hl H B e) (bl b (fun _ => 0) e) lW lH lb < ufm K d n W H b lW lH lb
     /\ curvature K d n W H b A B (fun _ => 0) lW lH lb < 0).
Proof.
  intros HK Hn Hd PW PH Pb Pc Kc CC F0 Fb C.
  assert (Pm := m_pos K HK). assert (Lc : (INR K - 1) * c < 1) by lra.
  destruct (benign_landscape K d n W H b lW lH lb HK Hn PW PH Pb free F0 Fb C Hd) as [G|(A & B & Q)].
  - left. apply (ufm_iff K d n W H b HK Hn lW lH lb PW PH Pb c Pc Lc CC).
    destruct (ufm_minimum K d n lW lH lb c HK Hn Hd PW PH Pb Pc Kc CC) as (W' & H' & E).
    apply Rle_antisym; [rewrite <- E; apply (G W' H' (fun _ => 0) F0)|].
    apply ufm_lower_bound; try assumption; lra.
  - right. intros del Pd.
    destruct (negative_curvature_not_local_min K d n W H b A B (fun _ => 0) lW lH lb HK Hn Q del Pd) as (e & Le & Lt).
    exists A, B, e. split; [exact Le|]. split; [exact Lt|exact Q].
Qed.
