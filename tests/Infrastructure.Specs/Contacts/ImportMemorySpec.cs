using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

public sealed class ImportMemorySpec
{
    private const long Bound = 32L << 20;

    /// <summary>
    /// What the log itself takes is the benchmarks' to measure; here it forgets, and the list is long.
    /// </summary>
    [Test]
    public async Task Two_hundred_thousand_rows_take_hardly_more_memory_than_a_few()
    {
        await using var service = await TestService.Create(services => services.AddScoped<IEventLog, ForgetfulLog>());
        await using var file = new GeneratedList(200_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = long.MinValue;

        var result = await service.Send(
            Guid.CreateVersion7(),
            new ImportContacts(
                file,
                new ContactFileOptions(),
                Progress: (_, line) =>
                {
                    if (line % 20_000 == 1)
                        most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
                }
            )
        );

        result.Counts.Added.ShouldBe(200_000);
        // It can be below what was there before: other specs let go of theirs meanwhile.
        most.ShouldBeInRange(long.MinValue + 1, Bound);
    }

    /// <summary>A file that is made up while it is read, so that it takes no memory itself.</summary>
    private sealed class GeneratedList(int rows) : Stream
    {
        private static readonly byte[] Header = Encoding.ASCII.GetBytes("email,opt_in_at\n");
        private static readonly int RowLength = Row(0).Length;

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => Header.Length + (long)rows * RowLength;
        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            var part = Part().AsSpan();
            var count = Math.Min(part.Length, buffer.Length);
            part[..count].CopyTo(buffer);
            Position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() { }

        private byte[] Part()
        {
            if (Position < Header.Length)
                return Header[(int)Position..];

            var (row, at) = Math.DivRem(Position - Header.Length, RowLength);
            return row < rows ? Row(row)[(int)at..] : [];
        }

        private static byte[] Row(long number) =>
            Encoding.ASCII.GetBytes($"person{number:D7}@example.org,2024-03-01T10:00:00Z\n");
    }

    private sealed class ForgetfulLog : IEventLog, IChanges
    {
        private readonly Dictionary<Guid, object> _states = [];

        public Task<Loaded<TState>> Load<TState, TEvent>(Guid stream, CancellationToken cancellation)
            where TState : IAggregate<TState, TEvent>
            where TEvent : class => Task.FromResult(new Loaded<TState>(StateOf<TState, TEvent>(stream), 1, 1));

        public Task<Position> Change<TState, TEvent>(
            Guid stream,
            Func<TState, IReadOnlyList<TEvent>> decide,
            CancellationToken cancellation,
            long? expectedVersion = null,
            bool expectNew = false
        )
            where TState : IAggregate<TState, TEvent>
            where TEvent : class
        {
            var state = StateOf<TState, TEvent>(stream);
            _states[stream] = decide(state).Aggregate(state, (current, happened) => current.Apply(happened));
            return Task.FromResult(new Position(stream, 1, 1, 1));
        }

        public async Task<Position> ChangeTogether(Func<IChanges, Task> decide, CancellationToken cancellation)
        {
            await decide(this);
            return new Position(Guid.Empty, 1, 1, 1);
        }

        public IEventLog In(string tenant) => this;

        public IEventLog By(Guid user) => this;

        public IEventLog Answering<TAnswer>(Func<TAnswer> answer) => this;

        public Task<Loaded<TState>> Load<TState, TEvent>(Guid stream, string? tenant = null)
            where TState : IAggregate<TState, TEvent>
            where TEvent : class => Load<TState, TEvent>(stream, CancellationToken.None);

        public async Task<Loaded<TState>> Change<TState, TEvent>(
            Guid stream,
            Func<TState, IReadOnlyList<TEvent>> decide,
            string? tenant = null,
            long? expectedVersion = null
        )
            where TState : IAggregate<TState, TEvent>
            where TEvent : class
        {
            await Change(stream, decide, CancellationToken.None);
            return await Load<TState, TEvent>(stream, CancellationToken.None);
        }

        public Task ChangeMany<TState, TEvent>(
            IReadOnlyList<(Guid Stream, Func<TState, IReadOnlyList<TEvent>> Decide)> changes,
            string? tenant = null
        )
            where TState : IAggregate<TState, TEvent>
            where TEvent : class
        {
            foreach (var (_, decide) in changes)
                decide(TState.Initial);

            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<RecordedEvent>> Read(Guid stream, CancellationToken cancellation) =>
            throw new NotSupportedException();

        private TState StateOf<TState, TEvent>(Guid stream)
            where TState : IAggregate<TState, TEvent>
            where TEvent : class => (TState)_states.GetValueOrDefault(stream, TState.Initial);
    }
}
