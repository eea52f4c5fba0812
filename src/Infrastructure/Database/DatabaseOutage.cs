using System.Net.Sockets;
using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// The one place that tells failures of the database server, or of the way to it, from refusals of what was asked: an
/// outage is answered with 503 and tried again, a refusal is an answer.
/// </summary>
public static class DatabaseOutage
{
    // Classes of SQLSTATE, by their first two characters, in which every state is about the server.
    private static readonly string[] Classes =
    [
        "08", // connection exception
        "53", // insufficient resources: disk full, out of memory, too many connections
        "58", // system error: input or output failed
        "F0", // the server's configuration file
        "XX", // internal error, damaged data
    ];

    // Single states of other classes.
    private static readonly string[] States =
    [
        PostgresErrorCodes.ReadOnlySqlTransaction, // a standby, or a server that was set to read only
        "25P03", // idle_in_transaction_session_timeout
        "25P04", // transaction_timeout
        PostgresErrorCodes.SerializationFailure,
        PostgresErrorCodes.DeadlockDetected,
        PostgresErrorCodes.ObjectInUse,
        PostgresErrorCodes.LockNotAvailable, // lock_timeout
        PostgresErrorCodes.QueryCanceled, // statement_timeout; a caller's own leaving is no PostgresException
        PostgresErrorCodes.AdminShutdown,
        PostgresErrorCodes.CrashShutdown,
        PostgresErrorCodes.CannotConnectNow,
        PostgresErrorCodes.DatabaseDropped,
        "57P05", // idle_session_timeout
    ];

    // Also what a single statement may cause by itself: tried alone before it is taken for an outage.
    private static readonly string[] OfStatements =
    [
        PostgresErrorCodes.QueryCanceled,
        PostgresErrorCodes.OutOfMemory,
        PostgresErrorCodes.InternalError,
    ];

    /// <summary>Whether a failure is about the database server or the way to it.</summary>
    public static bool Is(Exception failure) =>
        failure switch
        {
            LogUnavailableException => true,
            PostgresException refused => IsState(refused.SqlState),
            // The driver wraps what fails on a connection. Names that cannot be resolved and time-outs of opening one
            // come bare; a bare IOException is a file's, or an upload's.
            NpgsqlException or SocketException or TimeoutException => true,
            _ => false,
        };

    /// <summary>
    /// Whether a failure is an outage, or the server refused a statement: what a loop in the background outlives.
    /// </summary>
    public static bool IsOrRefusal(Exception failure) => failure is NpgsqlException || Is(failure);

    /// <summary>Whether a SQLSTATE is about the server.</summary>
    public static bool IsState(string state) =>
        Classes.Any(of => state.StartsWith(of, StringComparison.Ordinal)) || States.Contains(state);

    /// <summary>
    /// Whether the failure is an outage that one of several things in a batch may have caused alone.
    /// </summary>
    public static bool MayBeOfOne(Exception failure) =>
        failure is PostgresException { SqlState: var state } && OfStatements.Contains(state);

    /// <summary>
    /// Whether the server has answered that a transaction was rolled back: nothing of it was stored.
    /// </summary>
    public static bool IsRolledBack(Exception failure) => failure is PostgresException { InvariantSeverity: "ERROR" };

    /// <summary>The SQLSTATE, or the kind of failure: nothing of what was to be written.</summary>
    public static string Describe(Exception failure) =>
        failure is PostgresException refused ? refused.SqlState : failure.GetType().Name;
}
