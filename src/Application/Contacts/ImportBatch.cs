namespace SchemaHub.Application.Contacts;

/// <summary>Rows that are written together.</summary>
internal sealed class ImportBatch
{
    public List<ContactFileRow> Rows { get; } = [];

    public long Rejected { get; private set; }

    public long LastLine { get; private set; }

    public int Count { get; private set; }

    public void Take(ContactFileEntry entry)
    {
        Count++;
        LastLine = entry.Line;
        if (entry is ContactFileRow row)
            Rows.Add(row);
        else
            Rejected++;
    }
}
