using System.Collections.Concurrent;
using System.Globalization;

namespace SchemaHub.Faults;

/// <summary>Contacts that no load is changing at the moment: each is changed by one at a time.</summary>
internal sealed class IdleContacts
{
    private readonly ConcurrentDictionary<string, PromisedContact> _idle = new(StringComparer.OrdinalIgnoreCase);

    public void Add(PromisedContact contact) => _idle[contact.Email] = contact;

    /// <summary>Any of them, or null.</summary>
    public PromisedContact? Take(Random random)
    {
        // The dictionary has no order: a few steps into it is as good as any.
        foreach (var (email, _) in _idle.Skip(random.Next(Math.Max(1, Math.Min(_idle.Count, 50)))))
        {
            if (Take(email) is { } contact)
                return contact;
        }

        return null;
    }

    public PromisedContact? Take(string email) => _idle.TryRemove(email, out var contact) ? contact : null;
}

/// <summary>Adds contacts, changes them, records consents, and ends consents in every way.</summary>
internal sealed class ContactLoad(LoadContext context, IdleContacts idle, int number, int seed) : Load(context, seed)
{
    private int _added;

    protected override TimeSpan Pause => TimeSpan.FromMilliseconds(80);

    protected override async Task Step()
    {
        var what = Random.Next(100);
        if (what < 30)
        {
            await Add();
        }
        else if (what < 55 && Context.Mails.Links.TryDequeue(out var link))
        {
            if (idle.Take(link.To) is { } recipient)
                await Change(recipient, contact => Unsubscribe(contact, link.Token));
        }
        else if (idle.Take(Random) is { } contact)
        {
            await Change(
                contact,
                what switch
                {
                    < 70 => Consent,
                    < 85 => Rename,
                    < 90 => Withdraw,
                    < 94 => Suppress,
                    _ => Erase,
                }
            );
        }
    }

    private async Task Change(PromisedContact contact, Func<PromisedContact, Task> change)
    {
        if (contact.IsErased)
            return;

        // One that is not settled when the round is over is given up, with its surprise.
        await change(contact);
        idle.Add(contact);
    }

    private async Task Add()
    {
        var email = string.Create(CultureInfo.InvariantCulture, $"added-{number}-{++_added}@example.org");
        var contact = new PromisedContact(email, cohort: null);
        Context.Promises.Contacts.Add(contact);
        var ask = Ask.Change(
            HttpMethod.Post,
            "/api/v1/contacts",
            $$$"""{"email":"{{{email}}}","name":"Ann","consent":{},"metadata":{"cohort":"added"}}"""
        );
        if (await Done(ask) is not { } answer)
            return;

        contact.Number = answer.Long("id");
        contact.Version = answer.Long("version");
        contact.IsSubscribed = true;
        contact.Promise("contact_added", answer.Position);
        idle.Add(contact);
    }

    private async Task Consent(PromisedContact contact)
    {
        if (contact.HasWithdrawn)
            return;

        var purpose = string.Create(CultureInfo.InvariantCulture, $"purpose-{contact.Events.Count}");
        var answer = await Done(
            Ask.Change(HttpMethod.Post, Path(contact, "/consents"), $$"""{"purpose":"{{purpose}}"}""")
        );
        Note(contact, "consent_given", answer);
    }

    private async Task Rename(PromisedContact contact)
    {
        // Somebody else may have read it meanwhile, but nobody has changed it: the version is known.
        var step = contact.Events.Count.ToString(CultureInfo.InvariantCulture);
        var cohort = contact.Cohort ?? "added";
        var ask = Ask.Change(
            HttpMethod.Put,
            Path(contact, ""),
            $$$"""{"name":"Ann {{{step}}}","metadata":{"cohort":"{{{cohort}}}"}}"""
        );
        Note(contact, "contact_changed", await Done(ask with { IfMatch = contact.Version }));
    }

    private Task Withdraw(PromisedContact contact) =>
        EndConsent(contact, "consent_withdrawn", Ask.Change(HttpMethod.Post, Path(contact, "/withdrawals"), "{}"));

    private Task Suppress(PromisedContact contact) =>
        EndConsent(
            contact,
            "contact_suppressed",
            Ask.Change(HttpMethod.Post, Path(contact, "/suppressions"), """{"reason":"manual"}""")
        );

    private async Task Erase(PromisedContact contact)
    {
        await EndConsent(contact, "contact_erased", Ask.Change(HttpMethod.Post, Path(contact, "/erasures")));
        contact.IsErased = true;
    }

    /// <summary>As a mail program does it (RFC 8058). The answer is a page, and tells no position.</summary>
    private async Task Unsubscribe(PromisedContact contact, string token)
    {
        // A second withdrawal may change nothing, and the page does not tell.
        if (contact.HasWithdrawn)
            return;

        contact.EndAskedAt ??= Context.Timeline.Now;
        var ask = new Ask(HttpMethod.Post, $"/unsubscribe/{token}", "List-Unsubscribe=One-Click")
        {
            ContentType = "application/x-www-form-urlencoded",
            Bearer = "",
        };
        if (await Done(ask) is null)
            return;

        contact.Promise("consent_withdrawn", position: null);
        contact.Version++;
        await Ended(contact);
    }

    private async Task EndConsent(PromisedContact contact, string type, Ask ask)
    {
        contact.EndAskedAt ??= Context.Timeline.Now;
        var answer = await Done(ask);
        Note(contact, type, answer);
        if (answer is not null)
            await Ended(contact);
    }

    private async Task Ended(PromisedContact contact)
    {
        (contact.IsSubscribed, contact.HasWithdrawn) = (false, true);
        if (contact.End is not null)
            return;

        var inFlight = await Context.Database.Query(
            """
            select l.id from backstage.email_logs l
            where l.contact_id = $1
                and (l.in_doubt or exists (select from sending.in_flight f where f.email_log_id = l.id))
            """,
            reader => reader.GetInt32(0),
            checked((int)contact.Number!.Value)
        );
        contact.End = new ConsentEnd(Context.Mails.Ordinal, inFlight.ToHashSet());
    }

    /// <summary>Where nothing had to change the answer tells no position, and no event is expected.</summary>
    private static void Note(PromisedContact contact, string type, Answer? answer)
    {
        if (answer is null)
            return;

        contact.Version = answer.Long("version");
        if (answer.Position is { } position)
            contact.Promise(type, position);
    }

    private static string Path(PromisedContact contact, string rest) =>
        string.Create(CultureInfo.InvariantCulture, $"/api/v1/contacts/{contact.Number}{rest}");
}
