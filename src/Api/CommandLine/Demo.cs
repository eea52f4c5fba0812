using System.CommandLine;
using System.Diagnostics;
using System.Text.RegularExpressions;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Files;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Api.CommandLine;

/// <summary>
/// <c>demo</c>: the main job on a messy list, from import to a proof that outlives the person's erasure, told as the
/// story of one contact. It runs on a private server of its own and leaves nothing behind.
/// </summary>
internal sealed partial class Demo(Workspace workspace, Action<string> tell, CancellationToken cancellation)
{
    private const string Wording =
        "Send me the newsletter, about once a month. I can leave at any time with the link in every mail.";

    private string _tenant = "";

    public static Command Verb()
    {
        var demo = new Command("demo", "Show the main job on a sample list, on a server of its own.");
        demo.SetAction(
            (parsed, cancellation) =>
                CommandLine.Verb.Guard(async () =>
                {
                    var started = Stopwatch.GetTimestamp();
                    var directory = Path.Combine(TemporaryDirectory(), $"schemahub-demo-{Environment.ProcessId}");
                    var isJson = parsed.GetValue(CommandLine.Verb.JsonOption);
                    Action<string> tell = isJson ? CommandLine.Verb.Say : Console.Out.WriteLine;
                    var result = await RunIn(directory, tell, cancellation);
                    result = result with { Seconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1) };
                    Console.Out.WriteLine(isJson ? DemoResult.ToJson(result) : $"\n{DemoResult.ToJson(result)}");
                    return result.IsWell ? 0 : 1;
                })
        );
        return demo;
    }

    private static async Task<DemoResult> RunIn(string directory, Action<string> tell, CancellationToken cancellation)
    {
        try
        {
            await using var workspace = await Workspace.Open(
                CommandLine.Verb.Say,
                cancellation,
                dataDirectory: directory
            );
            return await new Demo(workspace, tell, cancellation).Run(directory);
        }
        finally
        {
            // The server takes its own data along; keys and mails are ours.
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
    }

    private async Task<DemoResult> Run(string directory)
    {
        tell("\n1. A list comes in, as messy as lists are\n");
        var organization = await workspace.Send(
            Tenant.System,
            new CreateOrganization("Night Train Radio", "night-train", "owner@night-train.example"),
            cancellation
        );
        _tenant = organization.ToString();
        var source = new FileInfo(Path.Combine(AppContext.BaseDirectory, "samples", "contacts.csv"));
        var import = await Import(source, directory);
        tell(
            $"   {import.Counts.Added:N0} contacts with the evidence they came with; "
                + $"{import.Counts.Consents:N0} consents, "
                + $"{import.Counts.Withdrawals:N0} withdrawals; {import.Counts.Rejected:N0} rows "
                + "rejected, each with its reason."
        );

        var person = await SomebodyWithEvidence();
        await Live(person, source, directory);
        var proof = await Prove(person);
        var detected = await Tamper(proof);
        var stillProven = await EraseAndProve(person);
        tell("\n6. A campaign, whatever happens\n");
        var campaign = await new DemoCampaign(workspace, _tenant, tell, cancellation).Run();
        var counted = await Count();
        return new DemoResult(
            import.Counts.Added,
            import.Counts.Rejected,
            counted.Consents,
            counted.Withdrawals,
            ProofVerified: true,
            detected,
            stillProven,
            campaign.MailsSent,
            campaign.MailsDuplicated,
            campaign.MailsInDoubt,
            campaign.MailsSkipped,
            campaign.KilledAndResumed,
            Seconds: 0
        );
    }

    private Task<ImportResult> Import(FileInfo source, string directory) =>
        ContactVerbs.Run(
            workspace,
            _tenant,
            source,
            Path.Combine(directory, "contacts.rejects.csv"),
            new ContactFileOptions(),
            (Purposes.Newsletter, null, null, null),
            cancellation
        );

    private async Task<PublishedContact> SomebodyWithEvidence()
    {
        var page = await workspace.Send(_tenant, new ListContacts(50, Subscribed: true), cancellation);
        return page.Items.First(contact =>
            contact.Name is { Length: > 3 } name && name.All(c => char.IsAsciiLetter(c) || c == ' ')
        );
    }

    private async Task Live(PublishedContact person, FileInfo source, string directory)
    {
        var email = person.Email!;
        tell($"\n2. The story of {person.Name}, {email}\n");
        var before = await Now();
        var token = await UnsubscribeToken(person.Id);
        await workspace.Send(_tenant, new UnsubscribeByToken(token), cancellation);
        tell("   Clicks the link under a mail and leaves. Then somebody imports the list once more:");
        var again = Path.Combine(directory, "again.csv");
        await PrivateFile.WriteText(again, $"email,opt_in_at\n{email},2025-01-01T10:00:00Z\n", cancellation);
        var second = await Import(new FileInfo(again), directory);
        tell($"   {second.Counts.Refused} consent refused: no file raises what a person withdrew.");

        var wording = new PublishWording("en", Wording);
        await workspace.Send(_tenant, wording, cancellation);
        await workspace.Send(
            _tenant,
            new RequestOptIn(email, Name: null, [new ConsentInput(Wording: wording.Sha256)]),
            cancellation
        );
        var link = await LinkInMail();
        await workspace.Send(_tenant, new ConfirmOptIn(link), cancellation);
        tell("   Months later comes back through the form, and confirms from the mailbox: that counts.\n");

        tell(Story.Of(await workspace.Send(_tenant, new ReplayConsent(person.Id, before), cancellation)));
        tell("");
        tell(Story.Of(await workspace.Send(_tenant, new ReplayConsent(person.Id), cancellation)));
        var reachable = 0L;
        await foreach (var _ in await workspace.Send(_tenant, new ConsentAsOf(before), cancellation))
            reachable++;

        tell(
            $"\n   Before that click {reachable:N0} people could be written to; "
                + "the list as of any instant is one question."
        );
    }

    private async Task<ProofBundle> Prove(PublishedContact person)
    {
        tell("\n3. The proof: one file, checked without the database\n");
        var bundle = await workspace.Send(_tenant, new ProveConsent(person.Id), cancellation);
        var result = ProofVerifier.Verify(bundle, await PublicKey());
        if (!result.IsValid)
            throw new SealBrokenException("The proof of an honest history does not verify.");

        tell(Story.Of(result));
        return result.Bundle!;
    }

    private async Task<IReadOnlyList<string>> Tamper(ProofBundle bundle)
    {
        tell("\n4. Somebody falsifies it\n");
        var key = await PublicKey();
        var detected = new List<string>();
        foreach (var (kind, tamper) in Tampering.Kinds)
        {
            var result = ProofVerifier.Verify(tamper(bundle), key);
            if (result.IsValid)
                throw new SealBrokenException($"A proof with {kind} was taken for sound.");

            detected.Add(kind);
            tell($"   {kind}: noticed ({result.Findings[0].Code})");
        }

        return detected;
    }

    private async Task<bool> EraseAndProve(PublishedContact person)
    {
        tell("\n5. The person asks to be erased\n");
        await workspace.Send(_tenant, new EraseContact(person.Id, Sources.Admin), cancellation);
        var bundle = await workspace.Send(_tenant, new ProveConsent(person.Id), cancellation);
        var result = ProofVerifier.Verify(bundle, await PublicKey());
        tell(Story.Of(result));
        return result.IsValid && !bundle.Contains(person.Email!, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<(long Consents, long Withdrawals)> Count()
    {
        await using var command = workspace.Installation.Writer.CreateCommand(
            """
            select count(*) filter (where h.action <> 'unsubscribe'), count(*) filter (where h.action = 'unsubscribe')
            from backstage.consent_history h
            """
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private async Task<string> UnsubscribeToken(long contact)
    {
        await using var command = workspace.Installation.Writer.CreateCommand(
            "select c.unsubscribe_token from backstage.contacts c where c.id = $1"
        );
        command.Parameters.AddWithValue((int)contact);
        return (string)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The secret of the confirmation mail, where the person finds it: in their mailbox.</summary>
    private async Task<string> LinkInMail()
    {
        var mail = new DirectoryInfo(workspace.Options.Mail.Directory!)
            .GetFiles("*.eml")
            .MaxBy(file => file.LastWriteTimeUtc)!;
        var text = (await File.ReadAllTextAsync(mail.FullName, cancellation)).Replace(
            "=\r\n",
            "",
            StringComparison.Ordinal
        );
        return ConfirmationLink().Match(text).Groups["token"].Value;
    }

    private Task<string> PublicKey() =>
        File.ReadAllTextAsync(workspace.Installation.Keys.SealPublicKeyFile, cancellation);

    private async Task<DateTimeOffset> Now()
    {
        await using var command = workspace.Installation.Writer.CreateCommand(
            "select max(e.timestamp) from events.mt_events e"
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return reader.GetFieldValue<DateTimeOffset>(0);
    }

    // The server's own user must reach it, which a home folder of root does not allow.
    private static string TemporaryDirectory() => Directory.Exists("/var/tmp") ? "/var/tmp" : Path.GetTempPath();

    [GeneratedRegex("/confirm/(?<token>[0-9a-f]{128})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ConfirmationLink();
}
