namespace SchemaHub.Faults;

/// <summary>The faults that can be injected, by name.</summary>
internal static class FaultNames
{
    public const string KillNode = "kill-node";
    public const string StopNode = "stop-node";
    public const string KillBackend = "kill-backend";
    public const string TerminateBackend = "terminate-backend";
    public const string KillPostgres = "kill-postgres";
    public const string ImmediatePostgres = "immediate-postgres";
    public const string FastPostgres = "fast-postgres";
    public const string CutDatabase = "cut-database";
    public const string BlackholeDatabase = "blackhole-database";
    public const string DelayDatabase = "delay-database";
    public const string CutMail = "cut-mail";
    public const string BlackholeMail = "blackhole-mail";
    public const string BusyMail = "busy-mail";
    public const string SilentMail = "silent-mail";
    public const string SilentTakenMail = "silent-taken-mail";
    public const string CloseMail = "close-mail";
    public const string OneMail = "one-mail";

    public static IReadOnlyList<string> All { get; } =
    [
        KillNode,
        StopNode,
        KillBackend,
        TerminateBackend,
        KillPostgres,
        ImmediatePostgres,
        FastPostgres,
        CutDatabase,
        BlackholeDatabase,
        DelayDatabase,
        CutMail,
        BlackholeMail,
        BusyMail,
        SilentMail,
        SilentTakenMail,
        CloseMail,
        OneMail,
    ];
}
