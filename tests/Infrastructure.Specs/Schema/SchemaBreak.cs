using System.Collections;

namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>One way in which a database can be wrong, and all that a review must say of it.</summary>
/// <param name="Findings">Severity, kind and place of each.</param>
/// <param name="IsMended">Whether running the findings' own SQL leaves nothing to find.</param>
public sealed record SchemaBreak(string Name, string Sql, string[] Findings, bool IsMended = true)
{
    public override string ToString() => Name;
}

/// <summary>A list of breaks, written as a table.</summary>
internal sealed class SchemaBreaks : IEnumerable<SchemaBreak>
{
    private readonly List<SchemaBreak> _list = [];

    public void Add(string name, string sql, params string[] findings) =>
        _list.Add(new SchemaBreak(name, sql, findings));

    /// <summary>One that no statement mends by itself.</summary>
    public void Add(string name, string sql, bool isMended, params string[] findings) =>
        _list.Add(new SchemaBreak(name, sql, findings, isMended));

    public IEnumerator<SchemaBreak> GetEnumerator() => _list.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
