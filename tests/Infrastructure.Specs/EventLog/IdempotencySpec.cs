using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>A command with a key is done once, whoever repeats it, whenever.</summary>
public sealed class IdempotencySpec
{
    private const string Key = "0192f0c1";

    private TestService _service = null!;
    private Guid _organization;

    [SetUp]
    public async Task Prepare()
    {
        _service = await TestService.Create();
        _organization = await _service.CreateOrganization("acme");
    }

    [TearDown]
    public async Task CleanUp() => await _service.DisposeAsync();

    [Test]
    public async Task The_same_key_again_answers_with_the_first_result()
    {
        var add = new AddContact("ann@example.org", Consent: new ConsentInput());
        var first = await Send(_service, add);

        await _service.Send(_organization, new ChangeContact(first.Number, "Ann", Metadata: null));
        (await Send(_service, add)).ShouldBe(first);

        await using var restarted = await TestService.Start(
            _service.ConnectionString,
            _service.Installation.Keys.Directory
        );
        (await Send(restarted, add)).ShouldBe(first);
        (await Events()).ShouldBe(2);
    }

    [Test]
    public async Task The_same_key_from_many_callers_on_two_nodes_is_done_once()
    {
        await using var other = await TestService.Start(
            _service.ConnectionString,
            _service.Installation.Keys.Directory
        );
        var add = new AddContact("ann@example.org");

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => Task.Run(() => Send(i % 2 == 0 ? _service : other, add)))
        );

        answers.Distinct().ShouldHaveSingleItem();
        (await Events()).ShouldBe(1);
    }

    [Test]
    public async Task Another_request_under_the_same_key_is_refused_and_does_nothing()
    {
        await Send(_service, new AddContact("ann@example.org"));
        ICommand[] others =
        [
            new AddContact("bob@example.org"),
            new AddContact("ann@example.org", "Ann"),
            new EraseContact(1),
        ];

        foreach (var other in others)
            await Should.ThrowAsync<IdempotencyKeyReusedException>(Send(_service, other));

        (await Events()).ShouldBe(1);
    }

    [Test]
    public async Task Of_different_requests_at_once_under_one_key_one_is_done()
    {
        var sent = Enumerable
            .Range(0, 20)
            .Select(i => Task.Run(() => Send(_service, new AddContact($"p{i}@example.org"))))
            .ToList();
        var done = 0;
        foreach (var one in sent)
        {
            try
            {
                await one;
                done++;
            }
            catch (IdempotencyKeyReusedException)
            {
                // All but one.
            }
        }

        done.ShouldBe(1);
        (await Events()).ShouldBe(1);
    }

    [Test]
    public async Task A_command_that_changed_nothing_answers_the_same_later_too()
    {
        var added = await _service.Send(_organization, new AddContact("ann@example.org", Consent: new ConsentInput()));
        await _service.Send(_organization, new WithdrawConsent(added.Number));
        var again = new WithdrawConsent(added.Number);
        var first = await Send(_service, again);
        first.ShouldBe(new Position(added.Stream, Version: 2, Sequence: 0, added.Number));

        await _service.Send(_organization, new ChangeContact(added.Number, "Ann", Metadata: null));

        (await Send(_service, again)).ShouldBe(first);
        (await Events()).ShouldBe(3);
    }

    [Test]
    public async Task A_key_belongs_to_its_organization()
    {
        var add = new AddContact("ann@example.org");
        var ours = await Send(_service, add);
        var neighbours = await _service.CreateOrganization("neighbour");

        var theirs = await _service.Send(neighbours, add, caller => caller with { IdempotencyKey = Key });

        theirs.Number.ShouldNotBe(ours.Number);
    }

    [Test]
    public async Task A_refused_command_leaves_its_key_free()
    {
        var add = new AddContact("ann@example.org");
        var first = await _service.Send(_organization, add);
        await Should.ThrowAsync<RuleBrokenException>(Send(_service, add));

        await _service.Send(_organization, new EraseContact(first.Number));

        (await Send(_service, add)).Version.ShouldBe(3);
    }

    private Task<Position> Send(TestService service, ICommand command) =>
        service.Send(_organization, command, caller => caller with { IdempotencyKey = Key });

    private Task<long> Events() =>
        _service.Scalar<long>(
            $"""
            select count(*)
            from events.mt_events
            where tenant_id = '{_organization}' and type not in ({TestService.FoundingEvents})
            """
        );
}
