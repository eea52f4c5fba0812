using System.Runtime.InteropServices;

namespace SchemaHub.Faults;

/// <summary>Signals to processes, by the numbers that Linux and macOS share or by their own.</summary>
internal static partial class Signals
{
    public static void Kill(int processId) => Send(processId, 9);

    /// <summary>PostgreSQL's immediate shutdown.</summary>
    public static void Quit(int processId) => Send(processId, 3);

    /// <summary>PostgreSQL's fast shutdown.</summary>
    public static void Interrupt(int processId) => Send(processId, 2);

    public static void Terminate(int processId) => Send(processId, 15);

    public static void Stop(int processId) => Send(processId, OperatingSystem.IsMacOS() ? 17 : 19);

    public static void Continue(int processId) => Send(processId, OperatingSystem.IsMacOS() ? 19 : 18);

    // A process that is gone already is what most of them are to achieve.
    private static void Send(int processId, int signal) => _ = SendSignal(processId, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int processId, int signal);
}
