namespace SchemaHub.Infrastructure.Schema;

/// <summary>
/// Makes the tables of a schema that are not there, by statements that run in the order in which they are printed: a
/// type before the first table that has a column of it, a table after those that it refers to. Where tables refer to
/// each other in a circle, the reference follows the table that closes it.
/// </summary>
internal sealed class MissingTables
{
    private readonly Catalogue _live;
    private readonly string _schema;
    private readonly HashSet<string> _missing;
    private readonly List<string> _order = [];
    private readonly Dictionary<string, string> _statements = new(StringComparer.Ordinal);

    public MissingTables(Catalogue live, string schema)
    {
        (_live, _schema) = (live, schema);
        _missing = DocumentedFacts
            .All.Where(fact =>
                fact.Schema == schema && fact.Kind == "relation" && live.Table(schema, fact.Table) is null
            )
            .Select(fact => fact.Table)
            .ToHashSet(StringComparer.Ordinal);
        var begun = new HashSet<string>(StringComparer.Ordinal);
        foreach (var table in _missing)
            Visit(table, begun);

        var types = new HashSet<string>(StringComparer.Ordinal);
        for (var place = 0; place < _order.Count; place++)
            _statements[_order[place]] = Statement(place, types);
    }

    /// <summary>How many of the missing tables are made before; -1 where the table is there.</summary>
    public int PlaceOf(string table) => _order.IndexOf(table);

    /// <summary>What makes the table once those before it are made.</summary>
    public string StatementOf(string table) => _statements[table];

    private void Visit(string table, HashSet<string> begun)
    {
        if (!begun.Add(table))
            return;

        foreach (
            var reference in DocumentedParts.ReferencesOf(_schema, table).Where(one => _missing.Contains(one.Target))
        )
            Visit(reference.Target, begun);

        _order.Add(table);
    }

    private string Statement(int place, HashSet<string> types)
    {
        var table = _order[place];
        var before = _order.Take(place + 1).ToHashSet(StringComparer.Ordinal);
        var statements = TypesOf(table).Where(type => types.Add(type.Id)).Select(Mending.Create).ToList();
        statements.Add(DocumentedParts.CreateTable(_schema, table, target => Exists(target, before)));
        statements.AddRange(
            from earlier in _order.Take(place)
            from reference in DocumentedParts.ReferencesOf(_schema, earlier)
            where reference.Target == table
            select Mending.Create(DocumentedParts.ForeignKey(_schema, earlier, reference))
        );
        return string.Join('\n', statements);
    }

    private bool Exists(string table, HashSet<string> made) =>
        made.Contains(table) || _live.Table(_schema, table) is not null;

    // A type that the document names is missing by itself; one without a name is known by this program's own.
    private IEnumerable<CataloguePart> TypesOf(string table) =>
        from fact in DocumentedFacts.All
        where fact.Schema == _schema && fact.Table == table && fact["type"] == "enum:(unnamed)"
        let name = DocumentedParts.TypeOf(fact)
        from type in PublishedCatalogue.Current.Catalogue.Of(_schema, "", PartKind.Enum)
        where $"{_schema}.{SqlTokens.Quoted(type.Id)}" == name
        where !_live.Of(_schema, "", PartKind.Enum).Any(there => there.Id == type.Id)
        select type;
}
