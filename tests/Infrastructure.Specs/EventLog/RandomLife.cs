using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>
/// Many callers who do random things to the same few people, through whichever service is at hand. Every command of
/// it appends one event or none, so what the callers were told can be counted against the log.
/// </summary>
internal sealed class RandomLife(IReadOnlyList<TestService> services, Guid organization, int people, int seed)
{
    /// <summary>What the database itself refuses, see <see cref="Poison"/>.</summary>
    private const string Poisoned = "poison";

    private readonly ConcurrentDictionary<int, long> _numbers = new();

    /// <summary>Every answer that said something was appended.</summary>
    public ConcurrentBag<Position> Appended { get; } = [];

    public int Conflicts => _conflicts;

    public int Refused => _refused;

    private int _conflicts;
    private int _refused;

    /// <summary>Makes the tables refuse one name, as a constraint that the domain forgot would.</summary>
    public static Task Poison(TestService service) =>
        service.Execute($"alter table backstage.contacts add constraint poison check (name <> '{Poisoned}')");

    public Task Live(int callers, int commands) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => Caller(caller, commands))));

    private async Task Caller(int caller, int commands)
    {
        var random = new Random(seed * 1_000 + caller);
        for (var i = 0; i < commands; i++)
        {
            var key = random.Next(4) == 0 ? string.Create(CultureInfo.InvariantCulture, $"{caller}-{i}") : null;
            var command = Next(random);
            var first = await Send(services[random.Next(services.Count)], command, key);
            if (first is null)
                continue;

            if (first.Sequence > 0)
                Appended.Add(first);

            if (key is not null)
                (await Send(services[random.Next(services.Count)], command, key)).ShouldBe(first);
        }
    }

    private ICommand Next(Random random)
    {
        var person = random.Next(people);
        var email = string.Create(CultureInfo.InvariantCulture, $"person{person}@example.org");
        if (!_numbers.TryGetValue(person, out var number))
            return new AddContact(email, $"Person {person}", Consent: random.Next(2) == 0 ? null : new ConsentInput());

        return random.Next(12) switch
        {
            0 or 1 => new AddContact(email, "Again"),
            2 or 3 => new WithdrawConsent(number, random.Next(2) == 0 ? Purposes.Tracking : null),
            4 => new SuppressContact(number, SuppressionReasons.Complaint),
            5 => new EraseContact(number),
            6 => new ChangeContact(number, Poisoned, Metadata: null),
            7 or 8 => new ChangeContact(number, "Changed", Metadata: null, ExpectedVersion: random.Next(1, 6)),
            9 => new ChangeContact(number, $"Name {random.Next(100)}", Metadata: null),
            _ => new GiveConsent(number, new ConsentInput($"purpose{random.Next(3)}")),
        };
    }

    /// <summary>The answer, or null where it was refused for a reason that the command invites.</summary>
    private async Task<Position?> Send(TestService service, ICommand command, string? key)
    {
        try
        {
            var position = await service.Send(organization, command, caller => caller with { IdempotencyKey = key });
            if (command is AddContact added)
                _numbers[Person(added)] = position.Number;

            if (command is ChangeContact { ExpectedVersion: { } expected })
                position.Version.ShouldBe(expected + 1);

            return position;
        }
        catch (StaleVersionException) when (command is ChangeContact { ExpectedVersion: not null })
        {
            Interlocked.Increment(ref _conflicts);
        }
        catch (RuleBrokenException)
        {
            Interlocked.Increment(ref _refused);
        }
        catch (PostgresException poison)
            when (command is ChangeContact { Name: Poisoned } && poison.SqlState == PostgresErrorCodes.CheckViolation)
        {
            Interlocked.Increment(ref _refused);
        }

        return null;
    }

    private static int Person(AddContact added) =>
        int.Parse(
            added.Email.AsSpan(6, added.Email.IndexOf('@', StringComparison.Ordinal) - 6),
            CultureInfo.InvariantCulture
        );
}
