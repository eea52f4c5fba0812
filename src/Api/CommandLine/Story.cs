using System.Globalization;
using System.Text;
using SchemaHub.Application.Compliance;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Api.CommandLine;

/// <summary>What happened, as people tell it.</summary>
internal static class Story
{
    /// <summary>One contact's consent at an instant, with everything before it.</summary>
    public static string Of(ConsentReplay replay)
    {
        var text = new StringBuilder();
        text.AppendLine(
            TerminalText.Line(
                Invariant($"Contact {replay.ContactId}, {replay.Email ?? "erased"}, at {Time(replay.At)}")
            )
        );
        foreach (var purpose in replay.Purposes)
        {
            var state = purpose.MayBeWrittenTo ? "may be written to" : "must not be written to";
            text.AppendLine(
                Invariant($"  {purpose.Purpose}: {state}, since {Time(purpose.Since)} (event {purpose.MadeSoBy})")
            );
        }

        if (replay.Purposes.Count == 0)
            text.AppendLine("  Nothing was agreed to.");

        if (replay.SuppressedFor is not null)
            text.AppendLine(Invariant($"  The address is suppressed: {replay.SuppressedFor}."));

        text.AppendLine("  How we know:");
        foreach (var happened in replay.Events)
            text.AppendLine(Line(happened.Position, happened.RecordedAt, happened.Data));

        return text.ToString().TrimEnd();
    }

    /// <summary>What checking a proof found; with the events, where the bundle is sound.</summary>
    public static string Of(ProofResult result)
    {
        if (!result.IsValid || result.Bundle is not { } bundle)
            return "NOT VALID\n" + string.Join('\n', result.Findings.Select(Line));

        var text = new StringBuilder();
        var until = Time(result.Checkpoint!.SealedAt);
        text.AppendLine(
            Invariant(
                $"VALID: these are all {bundle.Events.Count} events of {Thing(bundle)}, unchanged, up to {until}."
            )
        );
        if (About(result.Key) is { } key)
            text.Append("  ").AppendLine(key);

        foreach (var fact in result.Facts)
            text.AppendLine(Line(fact));

        return text.ToString().TrimEnd();
    }

    private static string? About(SubjectKeyState key) =>
        key switch
        {
            SubjectKeyState.Erased =>
                "The person was erased, which is sealed: what they agreed to stands, who they were "
                    + "cannot be read.",
            SubjectKeyState.Missing => "The key is missing from the bundle: what is personal cannot be read here. No "
                + "erasure is sealed.",
            _ => null,
        };

    private static string Line(Finding finding) => TerminalText.Line($"  {finding.Code}: {finding.Text}");

    private static string Line(ProvenFact fact)
    {
        var by = fact.Actor is { } actor ? $", by {actor}" : "";
        return fact.Happened is { } happened
            ? Line(fact.Version, fact.At, happened) + TerminalText.Line(by)
            : TerminalText.Line(
                Invariant($"  {fact.Version, 8}  {Time(fact.At)}  {fact.Type}, which this version does not know{by}")
            );
    }

    private static bool IsContact(ProofBundle bundle) =>
        bundle.Events.Any(proven =>
            EventCodec.Catalogue.TryGetValue(proven.Type, out var stored)
            && stored.Type.IsAssignableTo(typeof(ContactEvent))
        );

    private static string Thing(ProofBundle bundle) => IsContact(bundle) ? "the contact" : "this thing";

    /// <summary>One event in one line.</summary>
    public static string Line(long position, DateTimeOffset at, object happened) =>
        TerminalText.Line(Invariant($"  {position, 8}  {Time(at)}  {Sentence(happened)}"));

    private static string Sentence(object happened) =>
        happened switch
        {
            ContactAdded { Consent: { } consent } added =>
                $"{added.Email ?? "The person"} came onto the list by {added.Source}, "
                    + $"with {Words(consent)}{From(added.Evidence)}",
            ContactAdded added =>
                $"{added.Email ?? "The person"} came onto the list by {added.Source}, without consent",
            ContactChanged => "name or metadata changed",
            ConsentRequested requested =>
                $"somebody asked by {requested.Source}; a confirmation mail went out{From(requested.Evidence)}",
            ConsentGiven given => $"gave {Words(given.Consent)}{(given.Raised ? ", raising what was withdrawn" : "")}"
                + From(given.Evidence),
            ConsentWithdrawn withdrawn => $"withdrew {withdrawn.Purpose ?? "everything"} by {withdrawn.Source}"
                + $"{Because(withdrawn.Reason)}{From(withdrawn.Evidence)}",
            ConsentRetracted retracted => $"consent for {retracted.Purpose} taken back with its import",
            ContactSuppressed suppressed => $"suppressed{Because(suppressed.Reason)}",
            ContactRestricted restricted => $"restricted ({restricted.Ground}): kept, and not written to",
            RestrictionLifted => "the restriction was lifted",
            ContactErased => "erased: the key to everything personal above was destroyed",
            EvidencePurged => "evidence purged: its time was over, and the key to everything above was destroyed",
            _ => happened.GetType().Name,
        };

    private static string Words(Consent consent) =>
        $"consent for {consent.Purpose} ({consent.Basis}, {consent.Method}"
        + (consent.Wording is null ? ")" : $", wording {Short(consent.Wording)})");

    private static string Short(string hash) => hash.Length > 8 ? $"{hash[..8]}…" : hash;

    private static string From(Evidence? evidence)
    {
        var text = evidence?.Ip is null ? "" : $", from {evidence.Ip}";
        if (evidence?.Claims is { } claims && claims.TryGetValue("opted_in_at", out var at))
            text += $", opted in elsewhere at {at[..Math.Min(19, at.Length)]}";
        if (evidence?.Claims is { } more && more.TryGetValue("opted_in_ip", out var ip))
            text += $" from {ip}";

        return text;
    }

    private static string Because(string? reason) => reason is null ? "" : $" ({reason})";

    private static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + "Z";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
