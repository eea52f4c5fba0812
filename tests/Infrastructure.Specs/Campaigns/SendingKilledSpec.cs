using Npgsql;
using SchemaHub.Application.Campaigns;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>
/// The sending process is killed again and again in the middle of one campaign: nobody is skipped, and who may have got
/// the mail twice is known, one for each connection that was open.
/// </summary>
[TestFixture]
public sealed class SendingKilledSpec
{
    private const int Connections = 4;

    private static readonly int Recipients = Scale.Of(ci: 4_000, nightly: 20_000);
    private static readonly int Kills = Scale.Of(ci: 11, nightly: 55);

    [Test]
    public async Task Nobody_is_skipped_and_doubles_are_among_those_in_doubt()
    {
        var random = new Random(TestContext.CurrentContext.Random.Next());
        await using var mailing = await TestMailing.Create(Connections);
        await mailing.AddContacts(Recipients);
        // Without it one process would be done before it can be killed often.
        mailing.Sink.Slowness = TimeSpan.FromMilliseconds(4);
        var campaign = await mailing.Start();
        var kills = 0;
        for (; kills < Kills; kills++)
        {
            var before = mailing.Sink.Count;
            using var program = SendingProgram.Start(mailing, Connections);
            // At a random moment: some die before their first mail.
            var moment = before + random.Next(Recipients / Kills);
            while (mailing.Sink.Count < moment)
            {
                program.HasEnded.ShouldBeFalse("the program ended before it was killed");
                await Task.Delay(1);
            }

            program.Kill();
            (await MostInFlight(mailing)).ShouldBeLessThanOrEqualTo(Connections);
        }

        (await mailing.Progress(campaign)).Status.ShouldBe("sending", "it was over before the last kill");
        using (SendingProgram.Start(mailing, Connections))
            await mailing.WaitFor(campaign, progress => progress.Status == "sent");

        await Compare(mailing, campaign, kills);
    }

    private static async Task Compare(TestMailing mailing, int campaign, int kills)
    {
        var taken = mailing.Sink.Taken.ToList();
        var perPerson = taken.GroupBy(mail => mail.To).ToDictionary(mails => mails.Key, mails => mails.ToList());
        // In flight at three kills, a mail is given up: nobody knows whether it was handed over at any of them.
        var givenUp = (
            await mailing.Service.Texts(
                "select l.recipient_email from backstage.email_logs l where l.status = 'failed' and l.in_doubt"
            )
        ).ToHashSet();
        perPerson.Keys.Union(givenUp).Count().ShouldBe(Recipients, "somebody was skipped");
        givenUp.Count.ShouldBeLessThanOrEqualTo(kills * Connections / 3);
        perPerson.Values.ShouldAllBe(mails => mails.Select(mail => mail.MessageId).Distinct().Count() == 1);

        (await Count(mailing, "backstage.email_logs", "status = 'sent'")).ShouldBe(Recipients - givenUp.Count);
        (await Count(mailing, "backstage.email_logs", "true")).ShouldBe(Recipients, "a ledger row is there twice");
        var inDoubt = await InDoubt(mailing);
        inDoubt.Count.ShouldBeLessThanOrEqualTo(kills * Connections);
        var twice = perPerson.Where(person => person.Value.Count > 1).ToList();
        twice.Select(person => person.Key).ShouldBeSubsetOf(inDoubt);
        TestContext.Out.WriteLine($"{kills} kills: {inDoubt.Count} in doubt, {twice.Count} of them sent twice.");

        var found = await mailing.Service.Send(mailing.Organization, new GetCampaign(campaign));
        found.Campaign.Sent.ShouldBe(Recipients - givenUp.Count);
        (
            await mailing.Service.Scalar<int>("select emails_sent_today from backstage.quota_tracking")
        ).ShouldBeGreaterThanOrEqualTo(Recipients - givenUp.Count);
    }

    private static async Task<HashSet<string>> InDoubt(TestMailing mailing)
    {
        await using var command = mailing.Service.Installation.Writer.CreateCommand(
            "select l.recipient_email from backstage.email_logs l where l.in_doubt"
        );
        var emails = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            emails.Add(reader.GetString(0));

        return emails;
    }

    private static Task<long> MostInFlight(TestMailing mailing) =>
        mailing.Service.Scalar<long>(
            """
            select coalesce(max(n.mails), 0)
            from (select count(*) as mails from sending.in_flight f group by f.node) n
            """
        );

    private static Task<long> Count(TestMailing mailing, string table, string condition) =>
        mailing.Service.Scalar<long>($"select count(*) from {table} where {condition}");
}
