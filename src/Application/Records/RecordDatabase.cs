namespace SchemaHub.Application.Records;

/// <summary>The tables as the operator of the installation sees them: all rows.</summary>
public sealed class OperatorDatabase(TenantDatabase rows)
{
    /// <summary>The door itself.</summary>
    public TenantDatabase Rows { get; } = rows;
}

/// <summary>The published tables as the caller may see them: an organization's rows, or the operator all.</summary>
public sealed class RecordDatabase(TenantDatabase app, OperatorDatabase operators, CommandContext context)
{
    /// <summary>The door that is the caller's.</summary>
    public TenantDatabase Rows => context.Tenant == Tenant.System ? operators.Rows : app;
}
