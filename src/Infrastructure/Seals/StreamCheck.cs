namespace SchemaHub.Infrastructure.Seals;

/// <summary>Compares a bundle's events with what its checkpoint sealed, and says in what way they differ.</summary>
internal sealed class StreamCheck
{
    // Of a stream with millions of events missing it is enough to name the first thousand.
    private const int MostAbsent = 1_000;

    // Looking for the version that contents were sealed under hashes the contents once per guess. This is only to word
    // a finding, so it is bounded for the bundle as a whole: a guess costs one, and one more per started kilobyte.
    internal const int MostGuesses = 50_000;

    private readonly ProofBundle _bundle;
    private int _guessesLeft = MostGuesses;
    private readonly List<Finding> _findings = [];

    // For each event: whether its leaf is in the log, and the version under which its contents have that leaf.
    private readonly List<(ProvenEvent Event, bool IsInLog, long? Sealed)> _events;
    private readonly bool _isHeadProven;

    public StreamCheck(ProofBundle bundle, Checkpoint checkpoint)
    {
        _bundle = bundle;
        _isHeadProven = MerkleProof.Includes(
            bundle.Head.Leaf,
            bundle.Head.Position,
            checkpoint.HeadsSize,
            bundle.Head.Proof,
            checkpoint.HeadsRoot
        );
        _events =
        [
            .. bundle.Events.Select(
                (e, i) =>
                {
                    var isInLog = MerkleProof.Includes(
                        e.Leaf,
                        e.Position,
                        checkpoint.Size,
                        e.Proof,
                        checkpoint.LogRoot
                    );
                    return (e, isInLog, SealedVersion(e, i + 1, isInLog));
                }
            ),
        ];
    }

    /// <summary>What looking for versions cost, in guesses.</summary>
    internal int GuessesSpent => MostGuesses - Math.Max(0, _guessesLeft);

    public IReadOnlyList<Finding> Findings()
    {
        if (!_isHeadProven)
            Found(
                Finding.RootMismatch,
                "The proof of the stream's last event does not lead to the signed root of heads."
            );

        var known = _events.Where(e => e is { IsInLog: true, Sealed: not null }).ToList();
        if (known.Count == 0 && _events.Count > 1)
        {
            Found(
                _events.Exists(e => e.IsInLog) ? Finding.EditedEvent : Finding.RootMismatch,
                $"None of the {_events.Count} events is what this checkpoint sealed for stream {_bundle.Stream}."
            );
            return _findings;
        }

        var versions = known.Select(e => e.Sealed!.Value).ToList();
        CheckOrder(versions);
        CheckContents(versions);
        return _findings;
    }

    private void CheckOrder(List<long> versions)
    {
        foreach (var twice in versions.GroupBy(version => version).Where(same => same.Skip(1).Any()))
            Found(Finding.Inserted, $"Version {twice.Key} is in the bundle {twice.Count()} times.");

        for (var i = 1; i < versions.Count; i++)
        {
            if (versions[i] < versions[i - 1])
                Found(Finding.Reordered, $"Version {versions[i]} stands after version {versions[i - 1]}.");
        }
    }

    private void CheckContents(List<long> versions)
    {
        var last = versions.Count == 0 ? 0 : versions.Max();
        var absent = Absent(versions, last);
        var isTailExplained = IsHead(last);
        for (var i = 0; i < _events.Count; i++)
        {
            var (e, isInLog, sealedAs) = _events[i];
            if (isInLog && sealedAs is not null)
                continue;

            // An event that is not in the log stands for the one that is missing at its version, or at its place.
            var isAtTheEnd = e.Version > last && !isTailExplained;
            if (!absent.Remove(e.Version) && !absent.Remove(i + 1) && !isAtTheEnd)
                Found(
                    Finding.Inserted,
                    $"Event {i + 1} of the bundle, called version {e.Version}, is not of this stream."
                );
            else if (sealedAs is null)
                Found(Finding.EditedEvent, $"Version {e.Version} does not say what was sealed: it was edited.");
            else
                Found(Finding.RootMismatch, $"The proof of version {e.Version} does not lead to the signed root.");

            isTailExplained |= isAtTheEnd;
        }

        foreach (var version in absent)
            Found(Finding.MissingEvent, $"Version {version} was taken out.");
        if (_isHeadProven && !isTailExplained)
            Found(Finding.Truncated, $"The stream does not end with version {last}: what came later was taken off.");
        if (_findings.Count > 0)
            return;

        foreach (var (e, _, sealedAs) in _events.Where(e => e.Sealed != e.Event.Version))
            Found(Finding.EditedEvent, $"Version {sealedAs} is called version {e.Version}: it was edited.");
    }

    private static SortedSet<long> Absent(List<long> versions, long last)
    {
        var present = versions.ToHashSet();
        var absent = new SortedSet<long>();
        for (var version = 1L; version < last && absent.Count < MostAbsent; version++)
        {
            if (!present.Contains(version))
                absent.Add(version);
        }

        return absent;
    }

    private bool IsHead(long version)
    {
        var last = _events.Find(e => e.IsInLog && e.Sealed == version).Event;
        return _isHeadProven
            && last is not null
            && SealedLeaf
                .OfHead(_bundle.Tenant, _bundle.Stream, version, last.Leaf)
                .AsSpan()
                .SequenceEqual(_bundle.Head.Leaf);
    }

    private long? SealedVersion(ProvenEvent e, int place, bool isInLog)
    {
        if (IsSealedAs(e, e.Version))
            return e.Version;
        if (IsSealedAs(e, place))
            return place;

        // What is not in the log was sealed under no version. Renumbered events were sealed close to where they stand.
        var cost = 1 + (e.Data.Length / 1024);
        for (var away = 1L; isInLog && away <= _bundle.Events.Count && _guessesLeft > 0; away++)
        {
            _guessesLeft -= 2 * cost;
            if (place > away && IsSealedAs(e, place - away))
                return place - away;
            if (IsSealedAs(e, place + away))
                return place + away;
        }

        return null;
    }

    private bool IsSealedAs(ProvenEvent e, long version) =>
        e.LeafAt(_bundle.Tenant, _bundle.Stream, version) is { } leaf && leaf.AsSpan().SequenceEqual(e.Leaf);

    private void Found(string code, string text) => _findings.Add(new Finding(code, text));
}
