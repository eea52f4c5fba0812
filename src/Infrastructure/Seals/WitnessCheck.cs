namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// Compares a bundle's checkpoint with those a witness kept. One of the same size must be the same; the log of an
/// earlier one must be proven to be the beginning of the bundle's. What is not proven does not pass.
/// </summary>
internal sealed class WitnessCheck(
    Checkpoint checkpoint,
    IReadOnlyList<ConsistencyProof> consistency,
    IReadOnlyList<WitnessedCheckpoint> witnessed,
    SealSignatures signatures
)
{
    public IReadOnlyList<Finding> Findings()
    {
        var findings = new List<Finding>();
        var seen = new List<(Checkpoint Theirs, long? Before)>();
        // A file has them in order; mails may be handed over in any.
        foreach (var (theirs, proof) in Genuine(findings).OrderBy(it => it.Theirs.Size))
        {
            if (BreaksWith(seen, theirs, proof))
                findings.Add(Mismatch(theirs, "an earlier checkpoint of the same witness"));

            seen.Add((theirs, proof?.Size));
        }

        findings.AddRange(Compare(seen));
        return findings;
    }

    private List<(Checkpoint Theirs, ConsistencyProof? Proof)> Genuine(List<Finding> findings)
    {
        var genuine = new List<(Checkpoint, ConsistencyProof?)>();
        foreach (var given in witnessed)
        {
            if (Checkpoint.Parse(given.Note) is not { } theirs)
                findings.Add(new(Finding.WitnessMalformed, "The witness has a checkpoint that is none of SchemaHub."));
            else if (!string.Equals(theirs.Tenant, checkpoint.Tenant, StringComparison.Ordinal))
                continue;
            else if (signatures.Check(theirs, given.Note, given.Signature) is { } wrong)
                findings.Add(new(Finding.WitnessMalformed, $"Of the witness: {wrong.Text}"));
            else
                genuine.Add((theirs, given.Consistency));
        }

        return genuine;
    }

    private IEnumerable<Finding> Compare(List<(Checkpoint Theirs, long? Before)> seen)
    {
        var proofs = consistency.ToLookup(proof => proof.Size, proof => proof.Proof);
        var proven = new HashSet<long>();
        var earlier = seen.Where(it => it.Theirs.Size <= checkpoint.Size)
            .OrderByDescending(it => it.Theirs.Size)
            .ToList();
        foreach (var (theirs, before) in earlier)
        {
            var isSame = theirs.Size == checkpoint.Size;
            var proof = isSame ? [] : proofs[theirs.Size].FirstOrDefault();
            if (proof is not null && !(isSame ? IsSame(theirs, checkpoint) : IsBeginning(theirs, checkpoint, proof)))
                yield return Mismatch(checkpoint, "a checkpoint of the witness");

            // What the witness was shown as the beginning of a proven checkpoint is proven with it.
            if (proof is not null || proven.Contains(theirs.Size))
                proven.UnionWith(before is { } size ? [theirs.Size, size] : [theirs.Size]);
            else
                yield return Unproven(
                    $"The bundle does not prove the witness's {theirs.Size} events: ask for one that does."
                );
        }

        if (seen.Count == 0)
            yield return Unproven($"The witness has no checkpoint of tenant {checkpoint.Tenant}.");
        else if (seen.Count > earlier.Count && (earlier.Count == 0 || earlier[0].Theirs.Size < checkpoint.Size))
            yield return Unproven("The witness has later checkpoints, but not the bundle's: ask for a new bundle.");
    }

    private static bool BreaksWith(
        List<(Checkpoint Theirs, long? Before)> seen,
        Checkpoint theirs,
        ConsistencyProof? proof
    ) =>
        seen.Exists(it =>
            (it.Theirs.Size == theirs.Size && !IsSame(it.Theirs, theirs))
            || (it.Theirs.Size == proof?.Size && !IsBeginning(it.Theirs, theirs, proof.Proof))
        );

    private static bool IsSame(Checkpoint one, Checkpoint other) =>
        one.LogRoot.AsSpan().SequenceEqual(other.LogRoot) && one.HeadsRoot.AsSpan().SequenceEqual(other.HeadsRoot);

    private static bool IsBeginning(Checkpoint earlier, Checkpoint later, IReadOnlyList<byte[]> proof) =>
        MerkleProof.IsConsistent(earlier.Size, earlier.LogRoot, later.Size, later.LogRoot, proof);

    private static Finding Mismatch(Checkpoint later, string earlier) =>
        new(
            Finding.WitnessMismatch,
            $"The log's first events under the checkpoint over {later.Size} events are not those of {earlier}: "
                + "history was rewritten, or a proof was changed."
        );

    private static Finding Unproven(string text) => new(Finding.WitnessUnproven, text);
}
