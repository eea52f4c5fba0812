namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// One tenant's share of a batch: leaves for the end of its log, and a new head for each stream that changed.
/// </summary>
internal sealed class TenantBatch(string tenant)
{
    private readonly List<(long Sequence, byte[] Leaf)> _leaves = [];
    private readonly Dictionary<Guid, (long Version, byte[] Leaf)> _heads = [];
    private readonly Dictionary<Guid, long> _slots = [];
    private readonly List<Guid> _firstSeen = [];
    private long _size;
    private long _headsSize;

    public string Tenant => tenant;

    public IEnumerable<Guid> Streams => _heads.Keys;

    public long NewSize => _size + _leaves.Count;

    public long NewHeadsSize => _headsSize + NewSlots().Count();

    public long LastSequence => _leaves[^1].Sequence;

    public void Add(SealedEvent sealing)
    {
        _leaves.Add((sealing.Sequence, sealing.Leaf));
        if (!_heads.ContainsKey(sealing.Stream))
            _firstSeen.Add(sealing.Stream);
        _heads[sealing.Stream] = (sealing.Version, sealing.Leaf);
    }

    /// <summary>The trees' sizes before this batch; zero unless said.</summary>
    public void Grown(long size, long headsSize) => (_size, _headsSize) = (size, headsSize);

    /// <summary>The slot of a stream that was sealed before.</summary>
    public void Place(Guid stream, long position) => _slots.Add(stream, position);

    /// <summary>Slots for the streams that have none yet, in the order in which they appeared.</summary>
    public IEnumerable<(Guid Stream, long Position)> NewSlots() =>
        _firstSeen.Where(stream => !_slots.ContainsKey(stream)).Select((stream, i) => (stream, _headsSize + i));

    public IEnumerable<TileEdit> Edits()
    {
        yield return new TileEdit(
            tenant,
            SealTree.Log,
            _size,
            [.. _leaves.Select((leaf, i) => (_size + i, leaf.Leaf))]
        );

        var heads = _slots
            .Select(slot => (Stream: slot.Key, Position: slot.Value))
            .Concat(NewSlots())
            .OrderBy(slot => slot.Position)
            .Select(slot => (slot.Position, Head(slot.Stream)));
        yield return new TileEdit(tenant, SealTree.Heads, _headsSize, [.. heads]);
    }

    /// <summary>The event of the first leaf of a tile of the log, where this batch begins the tile.</summary>
    public long? FirstSequence(TileId id)
    {
        var leaf = id.Index * SealTree.Log.TileWidth() - _size;
        return id is { Tree: SealTree.Log, Level: 0 } && leaf >= 0 ? _leaves[(int)leaf].Sequence : null;
    }

    private byte[] Head(Guid stream) => SealedLeaf.OfHead(tenant, stream, _heads[stream].Version, _heads[stream].Leaf);
}
