using System.CommandLine;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>sender</c>: in whose name an organization writes.</summary>
internal static class SenderVerbs
{
    public static Command Sender() =>
        new("sender", "In whose name an organization's mail goes out.") { Set(), Show(), Domain() };

    private static Command Set()
    {
        var name = new Option<string>("--name") { Description = "The name that mail comes from.", Required = true };
        var address = new Option<string>("--address")
        {
            Description = "The address that mail comes from, of a verified domain.",
            Required = true,
        };
        var replyTo = new Option<string?>("--reply-to") { Description = "Where answers go, if elsewhere." };
        var postal = new Option<string>("--postal-address")
        {
            Description = "The organization's postal address in one line; every mail carries it.",
            Required = true,
        };
        var set = new Command("set", "Say in whose name mail goes out.")
        {
            Verb.OrgOption,
            name,
            address,
            replyTo,
            postal,
        };
        set.Sends(
            (parsed, _) =>
                new DescribeSender(
                    parsed.GetValue(name)!,
                    parsed.GetValue(address)!,
                    parsed.GetValue(replyTo),
                    parsed.GetValue(postal)!
                )
        );
        return set;
    }

    private static Command Show()
    {
        var show = new Command("show", "Show the sender and its domains.") { Verb.OrgOption };
        show.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                Verb.Print(parsed, await workspace.Send(tenant, new GetSender(), cancellation), Text);
            }
        );
        return show;
    }

    private static Command Domain()
    {
        var domain = new Argument<string>("domain") { Description = "Such as example.org." };
        var add = new Command("add", "Add a domain, and show what to publish in its DNS.") { domain, Verb.OrgOption };
        add.Answers(domain, (name, _) => new AddSenderDomain(name));
        var trust = new Option<bool>("--trust")
        {
            Description = "Take your word for it, without a look at the DNS: for a network of your own.",
        };
        var verify = new Command("verify", "Look whether a domain's key is published, and write from it then.")
        {
            domain,
            trust,
            Verb.OrgOption,
        };
        verify.Answers(
            domain,
            (name, parsed) => parsed.GetValue(trust) ? new TrustSenderDomain(name) : new VerifySenderDomain(name)
        );
        var remove = new Command("remove", "Write from a domain no more.") { domain, Verb.OrgOption };
        remove.Sends((parsed, _) => new RemoveSenderDomain(parsed.GetValue(domain)!));
        return new Command("domain", "The domains that mail is written from.") { add, verify, remove };
    }

    /// <summary>Sends a command about a domain and shows how it is after.</summary>
    private static void Answers(
        this Command verb,
        Argument<string> domain,
        Func<string, ParseResult, ICommand> command
    ) =>
        verb.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var name = parsed.GetValue(domain)!;
                await workspace.Send(tenant, command(name, parsed), cancellation);
                Verb.Print(parsed, await workspace.Send(tenant, new GetSenderDomain(name), cancellation), Text);
            }
        );

    private static string Text(PublishedSender sender)
    {
        var profile = sender.Profile is { } known
            ? $"{known.FromName} <{known.FromAddress}>\n{known.PostalAddress}\n"
                + (known.ReplyTo is null ? "" : $"Answers go to {known.ReplyTo}.\n")
            : "It was not said yet in whose name mail goes out: sender set.\n";
        var state = sender.IsReady ? "Mail can be sent.\n" : "No mail can be sent yet.\n";
        return string.Join('\n', sender.Domains.Select(Text).Prepend(profile + state)).TrimEnd();
    }

    private static string Text(PublishedDomain domain) =>
        domain.VerifiedAt is { } at
            ? $"{domain.Domain}: verified on {at:yyyy-MM-dd}.\n"
            : $"{domain.Domain}: not verified. Publish this in its DNS, then: sender domain verify {domain.Domain}\n"
                + $"  {domain.Record.Name}  {domain.Record.Type}\n  {domain.Record.Value}\n";
}
