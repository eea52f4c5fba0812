using System.CommandLine;
using System.Globalization;
using SchemaHub.Api.Http;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Files;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>consent replay|as-of|proof</c>, <c>verify</c>, <c>erase</c>.</summary>
internal static class ConsentVerbs
{
    // Thousands of public keys.
    private const long MostKeyBytes = 1024 * 1024;

    private static Option<string> ContactOption { get; } =
        new("--contact") { Description = "The contact, by its id or mail address.", Required = true };

    private static Option<string> PurposeOption { get; } =
        new("--purpose") { Description = "What the consent is for.", DefaultValueFactory = _ => Purposes.Newsletter };

    public static Command Consent() =>
        new("consent", "What people agreed to, when, and how we know.") { Replay(), AsOf(), Proof() };

    public static Command Erase() =>
        new Command("erase", "Erase a person: their key is destroyed, the evidence stays without a name.")
        {
            Verb.OrgOption,
            ContactOption,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var contact = await Contact(workspace, tenant, parsed, cancellation);
                var position = await workspace.Send(tenant, new EraseContact(contact, Sources.Admin), cancellation);
                Verb.Print(
                    parsed,
                    position,
                    done =>
                        done.Sequence == 0
                            ? $"Contact {contact} was erased before."
                            : $"Contact {contact} is erased (event {done.Sequence})."
                );
            }
        );

    public static Command Verify()
    {
        var bundle = new Argument<FileInfo>("bundle") { Description = "The proof, as `consent proof` wrote it." };
        bundle.AcceptExistingOnly();
        var key = new Option<FileInfo>("--key")
        {
            Description = "The installation's public key, seal.pub.pem; `consent proof` names it.",
            Required = true,
        };
        key.AcceptExistingOnly();
        var witness = new Option<FileInfo>("--witness") { Description = "Checkpoints that a witness kept." };
        witness.AcceptExistingOnly();
        var verify = new Command("verify", "Check a proof offline: only the bundle and the public key are needed.")
        {
            bundle,
            key,
            witness,
        };
        verify.SetAction(
            (parsed, cancellation) =>
                Verb.Guard(async () =>
                {
                    var result = ProofVerifier.Verify(
                        await Text(parsed.GetValue(bundle)!, ProofBundle.MostBytes, cancellation),
                        await Text(parsed.GetValue(key)!, MostKeyBytes, cancellation),
                        parsed.GetValue(witness) is { } kept ? [.. FileWitness.Read(kept.FullName)] : null
                    );
                    Verb.Print(
                        parsed,
                        new
                        {
                            valid = result.IsValid,
                            key = result.Key,
                            findings = result.Findings,
                        },
                        _ => Story.Of(result)
                    );
                    return result.IsValid ? 0 : 1;
                })
        );
        return verify;
    }

    private static async Task<string> Text(FileInfo file, long mostBytes, CancellationToken cancellation) =>
        file.Length <= mostBytes
            ? await File.ReadAllTextAsync(file.FullName, cancellation)
            : throw new InvalidDataException($"{file.FullName} is larger than {mostBytes:N0} bytes.");

    private static Command Replay()
    {
        var at = new Option<string?>("--at")
        {
            Description = "An instant, ISO 8601 with Z or an offset; now unless named.",
        };
        return new Command("replay", "What one person had agreed to at an instant, and the events that made it so.")
        {
            Verb.OrgOption,
            ContactOption,
            at,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var contact = await Contact(workspace, tenant, parsed, cancellation);
                var instant = parsed.GetValue(at) is { } text ? Instant(text) : (DateTimeOffset?)null;
                var replay = await workspace.Send(tenant, new ReplayConsent(contact, instant), cancellation);
                Verb.Print(parsed, replay, Story.Of);
            }
        );
    }

    private static Command AsOf()
    {
        var at = new Option<string>("--at")
        {
            Description = "An instant, ISO 8601 with Z or an offset.",
            Required = true,
        };
        return new Command("as-of", "Everyone who could be written to at an instant, one line each.")
        {
            Verb.OrgOption,
            at,
            PurposeOption,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var query = new ConsentAsOf(Instant(parsed.GetValue(at)!), parsed.GetValue(PurposeOption)!);
                var asJson = parsed.GetValue(Verb.JsonOption);
                var count = 0L;
                await foreach (var person in await workspace.Send(tenant, query, cancellation))
                {
                    count++;
                    await Console.Out.WriteLineAsync(
                        asJson
                            ? Verb.ToJsonLine(person)
                            : $"{person.ContactId}\t{TerminalText.Line(person.Email ?? "(erased)")}\t"
                                + $"event {person.ConsentEvent}"
                    );
                }

                Verb.Say($"{count:N0} people could be written to.");
            }
        );
    }

    private static Command Proof()
    {
        var output = new Option<FileInfo>("--out") { Description = "The file to write.", Required = true };
        var witness = new Option<FileInfo>("--witness")
        {
            Description = "Checkpoints that a witness kept: the proof will show that it continues each of them.",
        };
        witness.AcceptExistingOnly();
        return new Command("proof", "Prove everything one person ever agreed to, in one file that is checked offline.")
        {
            Verb.OrgOption,
            ContactOption,
            output,
            witness,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var contact = await Contact(workspace, tenant, parsed, cancellation);
                var kept = parsed.GetValue(witness)?.FullName;
                var sizes = kept is null ? [] : SizesOf(tenant, FileWitness.Read(kept));
                var bundle = await workspace.Send(tenant, new ProveConsent(contact, sizes), cancellation);
                var file = parsed.GetValue(output)!.FullName;
                await PrivateFile.WriteText(file, bundle, cancellation);
                var key = workspace.Installation.Keys.SealPublicKeyFile;
                var check = $"schemahub verify {Verb.Quoted(file)} --key {Verb.Quoted(key)}";
                if (kept is not null)
                    check += $" --witness {Verb.Quoted(kept)}";

                Verb.Print(
                    parsed,
                    new
                    {
                        file,
                        key,
                        check,
                    },
                    done => $"{done.file}\nCheck it, here or wherever the two files are: {done.check}"
                );
            }
        );
    }

    private static List<long> SizesOf(string tenant, IEnumerable<WitnessedCheckpoint> kept) =>
        [
            .. kept.Select(line => Checkpoint.Parse(line.Note))
                .OfType<Checkpoint>()
                .Where(checkpoint => checkpoint.Tenant == tenant)
                .Select(checkpoint => checkpoint.Size),
        ];

    /// <summary>The published id of the contact that the caller named.</summary>
    private static async Task<long> Contact(
        Workspace workspace,
        string tenant,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        var named = parsed.GetValue(ContactOption)!;
        if (long.TryParse(named, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return id;

        return (await workspace.Send(tenant, new LookUpContact(named), cancellation)).Contact.Id;
    }

    private static DateTimeOffset Instant(string text) =>
        Instants.TryParse(text, out var at)
            ? at
            : throw new FormatException($"'{text}' is no instant: write it as 2026-11-21T12:00:00Z or with an offset.");
}
