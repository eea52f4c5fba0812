using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Lets a bounded number of callers work at once, organizations in turn. One organization holds a share of the places
/// and of the queue, so that whatever it sends, the others are served.
/// </summary>
internal sealed class FairGate
{
    private readonly Lock _lock = new();
    private readonly int _places;
    private readonly int _placesEach;
    private readonly int _queue;
    private readonly int _queueEach;
    private readonly Dictionary<Guid, Party> _parties = [];

    // Organizations that wait, in the order in which they are let in.
    private readonly LinkedList<Party> _turns = new();
    private int _working;
    private int _waiting;

    /// <param name="places">How many work at once.</param>
    /// <param name="queue">How many wait, all organizations together.</param>
    public FairGate(int places, int queue)
    {
        (_places, _queue) = (places, queue);
        // All but one: a place is left for somebody else at any time. Of one place the turns alone are fair.
        _placesEach = Math.Max(1, places - 1);
        _queueEach = Math.Max(1, queue / 4);
    }

    /// <summary>Waits for a place; disposing what is returned gives it back.</summary>
    /// <exception cref="MjmlBusyException">The queue, or the organization's share of it, is full.</exception>
    public async Task<IDisposable> Enter(Guid organization, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var waiter = new Waiter();
        lock (_lock)
        {
            var party = PartyOf(organization);
            if (_working < _places && party.Working < _placesEach && party.Waiters.Count == 0)
            {
                Admit(party);
                return new Place(this, party);
            }

            Queue(party, waiter);
        }

        await using var leaving = cancellation.Register(() => Leave(organization, waiter, cancellation));
        return await waiter.Turn.Task;
    }

    private void Queue(Party party, Waiter waiter)
    {
        if (_waiting >= _queue || party.Waiters.Count >= _queueEach)
        {
            Forget(party);
            throw new MjmlBusyException(isOfCaller: party.Waiters.Count >= _queueEach);
        }

        _waiting++;
        if (party.Waiters.Count == 0)
            _turns.AddLast(party);

        party.Waiters.AddLast(waiter);
    }

    private void Leave(Guid organization, Waiter waiter, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_parties.TryGetValue(organization, out var party) && party.Waiters.Remove(waiter))
            {
                _waiting--;
                if (party.Waiters.Count == 0)
                    _turns.Remove(party);

                Forget(party);
            }
        }

        waiter.Turn.TrySetCanceled(cancellation);
    }

    private void Release(Party party)
    {
        lock (_lock)
        {
            _working--;
            party.Working--;
            LetIn();
            Forget(party);
        }
    }

    // An organization that was let in goes to the end of the turns.
    private void LetIn()
    {
        var turn = _turns.First;
        while (turn is not null && _working < _places)
        {
            var (party, next) = (turn.Value, turn.Next);
            if (party.Working < _placesEach)
            {
                var waiter = party.Waiters.First!.Value;
                party.Waiters.RemoveFirst();
                _waiting--;
                _turns.Remove(turn);
                if (party.Waiters.Count > 0)
                    _turns.AddLast(party);

                Admit(party);
                // Who leaves is taken off the queue first, under the same lock: this waiter is still there.
                waiter.Turn.SetResult(new Place(this, party));
                next ??= _turns.First;
            }

            turn = next;
        }
    }

    private void Admit(Party party)
    {
        _working++;
        party.Working++;
    }

    private Party PartyOf(Guid organization)
    {
        if (!_parties.TryGetValue(organization, out var party))
            _parties[organization] = party = new Party(organization);

        return party;
    }

    private void Forget(Party party)
    {
        if (party.Working == 0 && party.Waiters.Count == 0)
            _parties.Remove(party.Organization);
    }

    private sealed class Party(Guid organization)
    {
        public Guid Organization { get; } = organization;

        public int Working { get; set; }

        public LinkedList<Waiter> Waiters { get; } = new();
    }

    private sealed class Waiter
    {
        public TaskCompletionSource<IDisposable> Turn { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Place(FairGate gate, Party party) : IDisposable
    {
        private int _isGivenBack;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isGivenBack, 1) == 0)
                gate.Release(party);
        }
    }
}
