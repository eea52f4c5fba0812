using Npgsql;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>
/// A sending process stands still and is cut off from the database, another takes over, and the first wakes up: it
/// hands over nothing but what it had promised before, and that is in doubt.
/// </summary>
[TestFixture]
public sealed class SleepingSenderSpec
{
    private const int Recipients = 600;
    private const int Connections = 4;

    [Test]
    public async Task A_sender_that_wakes_after_it_was_replaced_sends_nothing_that_is_not_in_doubt()
    {
        await using var mailing = await TestMailing.Create(Connections);
        await mailing.AddContacts(Recipients);
        mailing.Sink.Slowness = TimeSpan.FromMilliseconds(20);
        var campaign = await mailing.Start();
        using var program = SendingProgram.Start(mailing, Connections);
        await Until(() => mailing.Sink.Count > 50);
        await program.Stop();
        await CutOff(mailing);

        await using var node = mailing.Node();
        (await mailing.WaitFor(campaign, progress => progress.Status == "sent")).Sent.ShouldBe(Recipients);
        var inDoubt = await mailing.Service.Texts(
            "select l.recipient_email from backstage.email_logs l where l.in_doubt"
        );
        inDoubt.Count.ShouldBeInRange(0, Connections);

        await program.Continue();
        // It has work again once it shares the next campaign.
        while (await Nodes(mailing) < 2)
            await Task.Delay(20);

        var next = await mailing.Start();
        await mailing.WaitFor(next, progress => progress.Status == "sent");
        var mails = mailing.Sink.Taken.GroupBy(mail => mail).ToDictionary(same => same.Key, same => same.Count());
        mails.Count.ShouldBe(2 * Recipients, "somebody was skipped");
        mails.Where(mail => mail.Value > 1).Select(mail => mail.Key.To).ShouldBeSubsetOf(inDoubt);
    }

    private static async Task CutOff(TestMailing mailing)
    {
        await mailing.Service.Execute(
            """
            select pg_terminate_backend(a.pid) from pg_stat_activity a
            where a.datname = current_database() and a.pid <> pg_backend_pid()
                and a.usename like 'schemahub_writer%'
            """
        );
        NpgsqlConnection.ClearAllPools();
    }

    private static Task<long> Nodes(TestMailing mailing) =>
        mailing.Service.Scalar<long>(
            """
            select count(*) from pg_locks l
            where l.locktype = 'advisory' and l.classid = 1397050948 and l.granted
                and l.database = (select d.oid from pg_database d where d.datname = current_database())
            """
        );

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(5);
    }
}
