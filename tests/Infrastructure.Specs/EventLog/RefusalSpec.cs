using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>Who is refused in a batch, and who is not.</summary>
public sealed class RefusalSpec
{
    private const int Callers = 64;

    [Test]
    public async Task What_the_database_refuses_fails_alone_among_what_is_written_with_it()
    {
        await using var service = await TestService.Create();
        await RandomLife.Poison(service);
        var organization = await service.CreateOrganization("acme");

        var sent = await SendAsOneBatch(
            service,
            i => service.Send(organization, new AddContact($"p{i}@example.org", IsBad(i) ? "poison" : "Ann"))
        );

        for (var i = 0; i < Callers; i++)
        {
            if (IsBad(i))
                (await Should.ThrowAsync<PostgresException>(sent[i])).ConstraintName.ShouldBe("poison");
            else
                (await sent[i]).Version.ShouldBe(1);
        }

        (await Names(service)).ShouldBe(Callers - 4);
        await service.ShouldBeSound();
    }

    [Test]
    public async Task What_a_projection_cannot_take_fails_alone_too_and_the_log_goes_on()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        await using var writer = new LogWriter(
            new BatchWriter(
                service.Installation.Writer,
                service.Installation.BeginBatch,
                [.. Projections.All, new Trap()],
                service.Installation.Journal,
                TimeProvider.System
            )
        );
        await using var reader = new LogReader(service.Installation.Writer, service.Installation.Keys);
        using var states = new StateCache();
        var log = new Infrastructure.EventLog.EventLog(
            writer,
            reader,
            states,
            service.Installation.Keys,
            RunAs.OperatorContext(organization.ToString()),
            new CurrentRequest(),
            new AnswerCipher(service.Installation.Keys)
        );

        var sent = await SendAsOneBatch(
            service,
            i =>
                log.Change<Contact, ContactEvent>(
                    Guid.CreateVersion7(),
                    contact => contact.Add(Added($"p{i}@example.org", IsBad(i) ? Trap.Name : "Ann")),
                    CancellationToken.None
                )
        );

        for (var i = 0; i < Callers; i++)
        {
            if (IsBad(i))
                (await Should.ThrowAsync<InvalidOperationException>(sent[i])).Message.ShouldBe(Trap.Name);
            else
                (await sent[i]).Version.ShouldBe(1);
        }

        (await Names(service)).ShouldBe(Callers - 4);
        await service.ShouldBeSound();
    }

    [Test]
    public async Task Of_two_who_decide_on_one_version_one_is_told_and_the_other_decides_anew()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var contact = await service.Send(organization, new AddContact("ann@example.org"));

        var sent = await SendAsOneBatch(
            service,
            i =>
                service.Send(
                    organization,
                    new ChangeContact(
                        contact.Number,
                        $"Name {i}",
                        Metadata: null,
                        ExpectedVersion: i % 2 == 0 ? 1 : null
                    )
                )
        );

        var versions = new List<long>();
        for (var i = 0; i < Callers; i++)
        {
            try
            {
                versions.Add((await sent[i]).Version);
            }
            catch (StaleVersionException) when (i % 2 == 0)
            {
                // The caller named the version.
            }
        }

        versions.Order().ShouldBe(Enumerable.Range(2, versions.Count).Select(version => (long)version));
        versions.Count.ShouldBeInRange(Callers / 2, Callers / 2 + 1);
        await service.ShouldBeSound();
    }

    private static bool IsBad(int i) => i % 16 == 5;

    private static ContactAdded Added(string email, string name) =>
        new(Sources.Api, null, null, email, name, null, null, null);

    private static Task<long> Names(TestService service) =>
        service.Scalar<long>("select count(*) from backstage.contacts where name = 'Ann'");

    /// <summary>Holds the log's lock until everybody waits, so that the callers are written together.</summary>
    private static async Task<List<Task<Position>>> SendAsOneBatch(TestService service, Func<int, Task<Position>> send)
    {
        await using var connection = await service.Installation.Administrator.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"select pg_advisory_xact_lock({BatchWriter.LockKey})", connection);
        await command.ExecuteNonQueryAsync();
        var sent = Enumerable.Range(0, Callers).Select(send).ToList();
        // The first waits for the lock; the others queue up behind it meanwhile.
        while (
            await service.Scalar<long>("select count(*) from pg_locks where locktype = 'advisory' and not granted") == 0
        )
            await Task.Yield();

        await transaction.RollbackAsync();
        return sent;
    }

    /// <summary>A projection with a mistake in it.</summary>
    private sealed class Trap : IProjection
    {
        public const string Name = "trap";

        public string Schema => "backstage";

        public IReadOnlyList<PublishedTable> Tables { get; } = [];

        public void Write(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
        {
            if (events.Any(recorded => recorded.Data is ContactAdded { Name: Name }))
                throw new InvalidOperationException(Name);
        }
    }
}
