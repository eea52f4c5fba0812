using System.Text.Json;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// Checks a proof with nothing but the bundle, the public key and, if at hand, checkpoints that a witness kept. Without
/// a witness it shows that the bundle is what the installation signed; with one, also that history was not rewritten
/// and signed anew since. No bundle makes it fail: whatever is wrong with one is a finding.
/// </summary>
public static class ProofVerifier
{
    /// <summary>Checks a bundle.</summary>
    /// <param name="bundleJson">The bundle's file.</param>
    /// <param name="publicKeyPem">The installation's public key; several, one after another, if it changed.</param>
    /// <param name="witnessed">Checkpoints a witness kept, of any tenants; null to go without.</param>
    /// <exception cref="ArgumentException">The public key cannot be read.</exception>
    public static ProofResult Verify(
        string bundleJson,
        string publicKeyPem,
        IReadOnlyList<WitnessedCheckpoint>? witnessed = null
    )
    {
        using var signatures = new SealSignatures(publicKeyPem);
        ProofBundle bundle;
        try
        {
            bundle = ProofBundle.Parse(bundleJson);
        }
        // The latter where a text holds half a surrogate pair.
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return Malformed(
                $"This is not a whole proof bundle; perhaps it was cut off on its way. {malformed.Message}"
            );
        }

        if (!string.Equals(bundle.Format, ProofBundle.CurrentFormat, StringComparison.Ordinal))
            return Malformed($"The bundle's format is not {ProofBundle.CurrentFormat}.");
        if (Checkpoint.Parse(bundle.Checkpoint.Note) is not { } checkpoint)
            return Malformed("The bundle's checkpoint is not a checkpoint of SchemaHub.");

        var findings = new List<Finding>();
        if (signatures.Check(checkpoint, bundle.Checkpoint.Note, bundle.Checkpoint.Signature) is { } wrong)
            findings.Add(wrong);

        if (string.Equals(bundle.Tenant, checkpoint.Tenant, StringComparison.Ordinal))
            findings.AddRange(new StreamCheck(bundle, checkpoint).Findings());
        else
            findings.Add(
                new(Finding.WrongTenant, $"The checkpoint is of tenant {checkpoint.Tenant}, not {bundle.Tenant}.")
            );

        // What the events say of the key counts only where the events are proven.
        var key = findings.Count == 0 ? new SubjectKeyCheck(bundle) : null;
        findings.AddRange(key?.Findings ?? []);
        if (witnessed is not null)
            findings.AddRange(new WitnessCheck(checkpoint, bundle.Consistency, witnessed, signatures).Findings());

        return new ProofResult(findings, bundle, checkpoint)
        {
            Key = key?.State ?? SubjectKeyState.NotNeeded,
            Facts = key?.Facts ?? [],
        };
    }

    private static ProofResult Malformed(string text) =>
        new([new(Finding.Malformed, text)], Bundle: null, Checkpoint: null);
}
