using Npgsql;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Database;

/// <summary>How the service's logins connect, on the administrator's server and database.</summary>
internal static class ServiceConnections
{
    /// <summary>Appends, projections, jobs over tenants.</summary>
    public static NpgsqlConnectionStringBuilder OfWriter(NpgsqlConnectionStringBuilder administrator, KeyRing keys) =>
        Of(administrator, keys.Logins.Writer, keys.Logins.WriterPassword);

    /// <summary>Queries, each under one tenant.</summary>
    public static NpgsqlConnectionStringBuilder OfApp(NpgsqlConnectionStringBuilder administrator, KeyRing keys) =>
        Of(administrator, keys.Logins.App, keys.Logins.AppPassword);

    /// <summary>Not pooled: what a session listens to would go on in the hands of whoever has it next.</summary>
    public static NpgsqlConnectionStringBuilder OfListener(NpgsqlConnectionStringBuilder administrator, KeyRing keys) =>
        new(administrator.ConnectionString)
        {
            Username = keys.Logins.Writer,
            Password = keys.Logins.WriterPassword,
            Pooling = false,
            ApplicationName = "schemahub listener",
        };

    private static NpgsqlConnectionStringBuilder Of(
        NpgsqlConnectionStringBuilder administrator,
        string user,
        string password
    ) =>
        new(administrator.ConnectionString)
        {
            Username = user,
            Password = password,
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            IncludeErrorDetail = false,
            Timezone = "UTC",
            // A server that cannot be reached is an outage, which is to be answered, not waited for.
            Timeout = 5,
            TcpKeepAlive = true,
            TcpKeepAliveTime = 10,
            TcpKeepAliveInterval = 3,
            // Nothing outlives a transaction in these sessions but prepared statements, and a witness's lock, which its
            // holder releases: clearing them after each use costs as much as a look-up.
            NoResetOnClose = true,
        };
}
