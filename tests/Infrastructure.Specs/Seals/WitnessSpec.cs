using System.Net;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

public class WitnessSpec : WitnessFixture
{
    [Test]
    public async Task Every_checkpoint_arrives_once_and_in_order()
    {
        for (var i = 0; i < 5; i++)
        {
            await Seal((Tenant, Ann), ("b", Guid.CreateVersion7()), ("b", Guid.CreateVersion7()));
            if (i % 2 == 0)
                await Deliver();
        }

        (await Deliver()).ShouldBe(0);
        Sizes(Tenant).ShouldBe([1, 2, 3, 4, 5]);
        Sizes("b").ShouldBe([2, 4, 6, 8, 10]);
    }

    [Test]
    public async Task A_crash_between_the_witness_and_the_ledger_loses_and_doubles_nothing()
    {
        await Seal((Tenant, Ann));
        await Deliver();
        await Seal((Tenant, Ann));
        await Seal((Tenant, Ann));
        var crashing = Database.Delivery(new Recorder(new FileWitness(WitnessPath)) { IsDying = true });
        await crashing.DeliverPending(default);
        Sizes(Tenant).ShouldBe([1, 2, 3]);
        await File.AppendAllTextAsync(WitnessPath, "{\"note\":\"torn");

        Sizes(Tenant).ShouldBe([1, 2, 3]);
        await Seal((Tenant, Ann));
        await Database.Execute("update events.checkpoint_deliveries set due_at = '-infinity'");
        (await Deliver()).ShouldBe(3);
        Sizes(Tenant).ShouldBe([1, 2, 3, 4]);
    }

    [Test]
    public async Task Any_node_goes_on_where_another_stopped()
    {
        var others = Database.Delivery(new FileWitness(WitnessPath));
        await Seal((Tenant, Ann));
        (await Deliver()).ShouldBe(1);
        await Seal((Tenant, Ann));
        (await others.DeliverPending(default)).ShouldBe(1);
        await Seal((Tenant, Ann));
        (await Deliver()).ShouldBe(1);
        Sizes(Tenant).ShouldBe([1, 2, 3]);
    }

    [Test]
    public async Task A_witness_that_fails_gets_everything_later()
    {
        var witness = new Recorder(new FileWitness(WitnessPath)) { IsFailing = true };
        var delivery = Database.Delivery(witness);
        await Seal((Tenant, Ann));
        await delivery.DeliverPending(default);
        await Seal((Tenant, Ann), ("b", Ann));
        (await delivery.DeliverPending(default)).ShouldBe(0, "the first tenant is not due again yet");
        (await delivery.Stuck(default))
            .Select(stuck => (stuck.Tenant, stuck.Attempts, stuck.Error))
            .ShouldBe([(Tenant, 1, "The witness is out."), ("b", 1, "The witness is out.")]);

        witness.IsFailing = false;
        await Database.Execute("update events.checkpoint_deliveries set due_at = '-infinity'");
        (await delivery.DeliverPending(default)).ShouldBe(3);
        Sizes(Tenant).ShouldBe([1, 2]);
        (await delivery.Stuck(default)).ShouldBeEmpty();
    }

    [Test]
    public async Task A_line_that_is_no_checkpoint_is_named()
    {
        await Seal((Tenant, Ann));
        await Deliver();
        await File.AppendAllTextAsync(WitnessPath, "gibberish\n");

        Should
            .Throw<InvalidDataException>(() => Witnessed())
            .Message.ShouldBe($"Line 2 of {WitnessPath} is no checkpoint.");
    }

    [Test]
    public async Task A_mailbox_gets_the_newest_checkpoint_once_in_a_while()
    {
        var mails = new List<string>();
        var witness = new MailWitness(
            "auditor@example.org",
            (subject, body, _) =>
            {
                mails.Add(subject + "\n" + body);
                return Task.CompletedTask;
            }
        );
        for (var i = 0; i < 3; i++)
            await Seal((Tenant, Ann));
        (await Database.Delivery(witness).DeliverPending(default)).ShouldBe(1);
        await Seal((Tenant, Ann));
        (await Database.Delivery(witness).DeliverPending(default)).ShouldBe(0);
        await Database.Execute("update events.checkpoint_deliveries set due_at = '-infinity'");
        await Seal((Tenant, Ann));
        (await Database.Delivery(witness).DeliverPending(default)).ShouldBe(1);

        mails.Count.ShouldBe(2);
        mails[0].ShouldStartWith($"SchemaHub checkpoint: tenant {Tenant}, 3 events\n");
        var bundle = await Proof();
        var kept = mails.ConvertAll(mail => WitnessedCheckpoint.Parse(mail.TrimEnd().Split('\n')[^1]));
        kept[1].Consistency!.Size.ShouldBe(3);
        Codes(bundle, kept).ShouldBeEmpty();
    }

    [Test]
    public async Task An_http_witness_is_tried_again_and_believed_when_it_refuses()
    {
        await Seal((Tenant, Ann));
        var answers = new Queue<HttpStatusCode>([HttpStatusCode.BadGateway, HttpStatusCode.NoContent]);
        using var server = new Answers(answers);
        using var client = new HttpClient(server);
        var delivery = Database.Delivery(
            new HttpWitness(new Uri("http://witness.example/"), client, TimeProvider.System)
        );

        (await delivery.DeliverPending(default)).ShouldBe(1);
        server.Bodies.Count.ShouldBe(2);
        Checkpoint.Parse(WitnessedCheckpoint.Parse(server.Bodies[1]).Note)!.Size.ShouldBe(1);

        answers.Enqueue(HttpStatusCode.Conflict);
        await Seal((Tenant, Ann));
        (await delivery.DeliverPending(default)).ShouldBe(0);
        server.Bodies.Count.ShouldBe(3);
        (await delivery.Stuck(default)).ShouldHaveSingleItem().Error.ShouldContain("history was rewritten");
    }

    [Test]
    public async Task A_witness_refuses_history_that_was_rewritten()
    {
        await Seal((Tenant, Ann), (Tenant, Ann), (Tenant, Ann));
        await Deliver();
        await Rewrite("update events.mt_events set data = '{}' where seq_id = 2");
        await Seal((Tenant, Ann));
        var delivery = Database.Delivery(new FileWitness(WitnessPath));

        (await delivery.DeliverPending(default)).ShouldBe(0);

        var stuck = (await delivery.Stuck(default)).ShouldHaveSingleItem();
        stuck.Error.ShouldContain("the first 3 events are not those it has seen; history was rewritten");
        Sizes(Tenant).ShouldBe([3]);
    }

    private sealed class Answers(Queue<HttpStatusCode> answers) : HttpMessageHandler
    {
        public List<string> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Bodies.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
            return new HttpResponseMessage(answers.Dequeue());
        }
    }
}
