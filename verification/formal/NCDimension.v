(** A simplex ETF of K vectors spans K - 1 dimensions: the condition d >= K - 1 is needed, not only sufficient. *)
Require Import Reals Lra Lia Arith.
Require Import NC.NCSum NC.NCBound NC.NCLoss NC.NCMain NC.NCLandscape.
Open Scope R_scope.

Theorem etf_dimension K d W r : (2 <= K)%nat -> 0 < r -> gram_etf K d W r -> (K - 1 <= d)%nat.
Proof.
  intros HK Pr (N & O). destruct (le_lt_dec (K - 1) d) as [|L]; [assumption|exfalso].
  set (m := (K - 1)%nat) in *.
  assert (Em : INR m = INR K - 1) by (unfold m; rewrite minus_INR by lia; reflexivity).
  assert (Pm : 0 < INR m) by (apply lt_0_INR; unfold m; lia).
  (* fewer equations than unknowns: sum_k x_k W_k = 0 over the first K - 1 vectors *)
  destruct (null_vector d m (fun a k => W k a) L) as (x & (i & Hi & Ni) & Z).
  set (S := rsum m x).
  assert (E : forall j, (j < m)%nat -> x j * (INR m + 1) = S).
  { intros j Hj.
    assert (Q : rsum m (fun k => x k * dot d (W j) (W k)) = 0).
    { unfold dot. rewrite (rsum_ext m _ (fun k => rsum d (fun a => x k * (W j a * W k a))))
        by (intros; rewrite rsum_scal; reflexivity).
      rewrite rsum_swap, (rsum_ext d _ (fun _ => 0)); [apply rsum_zero|].
      intros a Ha. rewrite (rsum_ext m _ (fun k => W j a * (W k a * x k))) by (intros; ring).
      rewrite rsum_scal. assert (Y := Z a Ha). unfold dot in Y. rewrite Y. ring. }
    rewrite (rsum_ext m _ (fun k => - r / INR m * x k + (if Nat.eqb k j then r + r / INR m else 0) * x k)) in Q.
    2:{ intros k Hk. destruct (Nat.eqb_spec k j) as [->|D].
        - rewrite N by lia. field. lra.
        - rewrite O by lia. rewrite <- Em. field. lra. }
    rewrite rsum_plus, rsum_scal, rsum_pick in Q by exact Hj.
    fold S in Q. apply Rmult_eq_reg_l with (r / INR m); [|apply Rgt_not_eq, Rdiv_lt_0_compat; lra].
    replace (r / INR m * (x j * (INR m + 1))) with ((r + r / INR m) * x j) by (field; lra).
    replace (r / INR m * S) with (- (- r / INR m * S)) by (field; lra). lra. }
  assert (T : S * (INR m + 1) = INR m * S).
  { unfold S at 1. rewrite <- rsum_scal_r, (rsum_ext m _ (fun _ => S)) by exact E. apply rsum_const. }
  assert (S0 : S = 0) by nra.
  apply Ni. apply Rmult_eq_reg_r with (INR m + 1); [|lra]. rewrite E, S0 by exact Hi. ring.
Qed.
