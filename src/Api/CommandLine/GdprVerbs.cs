using System.CommandLine;
using System.Text.Json;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>gdpr open|list|show|fulfil|reject|extend|cancel|archive|prove</c>: what persons demand.</summary>
internal static class GdprVerbs
{
    private static Argument<Guid> Id { get; } = new("request") { Description = "The request's id." };

    private static Option<FileInfo> OutOption { get; } =
        new("--out") { Description = "The file to write.", Required = true };

    public static Command Gdpr() =>
        new("gdpr", "What persons demand about their data, and what became of it.")
        {
            Open(),
            List(),
            Show(),
            Fulfil(),
            Reject(),
            Extend(),
            Changes("cancel", "The person took it back.", id => new CancelPrivacyRequest(id)),
            Archive(),
            Prove(),
        };

    private static Command Open()
    {
        var type = new Argument<string>("type")
        {
            Description = "access, rectification, erasure, restriction, portability or objection.",
        };
        var email = new Option<string?>("--contact") { Description = "A contact's mail address, known or not." };
        var user = new Option<Guid?>("--user") { Description = "An account, by its id." };
        var note = new Option<string?>("--note") { Description = "For those who work on it." };
        return new Command("open", "Take in what a person demands. One month to do it.")
        {
            type,
            Verb.OrgOption,
            email,
            user,
            note,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var position = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new OpenPrivacyRequest(
                        parsed.GetValue(type)!,
                        parsed.GetValue(email),
                        UserId: parsed.GetValue(user),
                        Note: parsed.GetValue(note)
                    ),
                    cancellation
                );
                Verb.Print(parsed, new { id = position.Stream }, opened => opened.id.ToString());
            }
        );
    }

    private static Command List()
    {
        var status = new Option<string?>("--status") { Description = "Only those in this state." };
        var overdue = new Option<bool>("--overdue") { Description = "Only those whose last day is over." };
        return new Command("list", "What persons demanded, newest first.") { Verb.OrgOption, status, overdue }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                Guid? after = null;
                do
                {
                    var page = await workspace.Send(
                        tenant,
                        new ListPrivacyRequests(parsed.GetValue(status), parsed.GetValue(overdue), 200, after),
                        cancellation
                    );
                    foreach (var request in page.Items)
                        await Console.Out.WriteLineAsync(
                            parsed.GetValue(Verb.JsonOption)
                                ? Verb.ToJsonLine(request)
                                : TerminalText.Line(Line(request))
                        );

                    after = page.Next;
                } while (after is not null);
            }
        );
    }

    private static Command Show() =>
        new Command("show", "One request.") { Id, Verb.OrgOption }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var request = await workspace.Send(tenant, new GetPrivacyRequest(parsed.GetValue(Id)), cancellation);
                Verb.Print(parsed, request, Line);
            }
        );

    private static Command Fulfil()
    {
        var fields = new Option<string?>("--fields")
        {
            Description = """Of a rectification, what is put right, as JSON: {"name":"…","metadata":{}}.""",
        };
        var ground = new Option<string?>("--ground") { Description = "Of a restriction, why." };
        return new Command("fulfil", "Do what a person demanded.") { Id, Verb.OrgOption, fields, ground }.On(
            async (workspace, parsed, cancellation) =>
            {
                var rectified = parsed.GetValue(fields) is { } json ? Fields(json) : null;
                var position = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new FulfilPrivacyRequest(parsed.GetValue(Id), rectified, parsed.GetValue(ground)),
                    cancellation
                );
                Verb.Print(parsed, position, MemberVerbs.Done);
            }
        );
    }

    private static Command Reject()
    {
        var ground = new Option<string>("--ground")
        {
            Description = "identity_unproven, unfounded, excessive or exempt.",
            Required = true,
        };
        var reason = new Option<string>("--reason") { Description = "As the person is told.", Required = true };
        var reject = new Command("reject", "End a request without doing it.") { Id, Verb.OrgOption, ground, reason };
        reject.Sends(
            (parsed, _) =>
                new RejectPrivacyRequest(parsed.GetValue(Id), parsed.GetValue(ground)!, parsed.GetValue(reason)!)
        );
        return reject;
    }

    private static Command Extend()
    {
        var reason = new Option<string>("--reason") { Description = "As the person is told.", Required = true };
        var extend = new Command("extend", "Take two more months, once.") { Id, Verb.OrgOption, reason };
        extend.Sends((parsed, _) => new ExtendPrivacyRequest(parsed.GetValue(Id), parsed.GetValue(reason)!));
        return extend;
    }

    private static Command Changes(string name, string description, Func<Guid, ICommand> command)
    {
        var verb = new Command(name, description) { Id, Verb.OrgOption };
        verb.Sends((parsed, _) => command(parsed.GetValue(Id)));
        return verb;
    }

    private static Command Archive() =>
        new Command("archive", "Fetch the archive that was made for a person.") { Id, Verb.OrgOption, OutOption }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                await using var archive = await workspace.Send(
                    tenant,
                    new FetchPrivacyArchive(parsed.GetValue(Id)),
                    cancellation
                );
                var file = parsed.GetValue(OutOption)!.FullName;
                await using var target = PrivateFile.Open(file, FileMode.Create);
                await archive.CopyToAsync(target, cancellation);
                Verb.Print(parsed, new { file }, done => done.file);
            }
        );

    private static Command Prove() =>
        new Command("prove", "Prove what became of a request, in one file that is checked offline.")
        {
            Id,
            Verb.OrgOption,
            OutOption,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var bundle = await workspace.Send(tenant, new ProvePrivacyRequest(parsed.GetValue(Id)), cancellation);
                await Proofs.Write(workspace, parsed, bundle, parsed.GetValue(OutOption)!, cancellation);
            }
        );

    private static RectifiedFields? Fields(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<RectifiedFields>(json, JsonSerializerOptions.Web);
        }
        catch (JsonException wrong)
        {
            throw new FormatException($"--fields is no JSON object of known fields: {wrong.Message}", wrong);
        }
    }

    private static string Line(PublishedPrivacyRequest request) =>
        $"{request.Id}  {request.Type}  {request.Status}{(request.Outcome is { } outcome ? $" ({outcome})" : "")}  "
        + $"due {request.DueOn:yyyy-MM-dd}{(request.Overdue ? ", overdue" : "")}  {request.Email ?? request.Subject}";
}
