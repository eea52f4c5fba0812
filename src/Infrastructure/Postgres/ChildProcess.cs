using System.ComponentModel;
using System.Diagnostics;

namespace SchemaHub.Infrastructure.Postgres;

/// <summary>Runs a program to its end.</summary>
internal static class ChildProcess
{
    public sealed record Result(int ExitCode, string Output, string Errors)
    {
        public bool Succeeded => ExitCode == 0;
    }

    /// <summary>Runs the command and reads what it prints; a program that cannot be started is exit code 127.</summary>
    public static async Task<Result> Run(
        IEnumerable<string> command,
        CancellationToken cancellation,
        string? folder = null
    )
    {
        using var process = new Process { StartInfo = StartInfo(command, folder) };
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            return new Result(127, "", error.Message);
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.WaitForExitAsync(cancellation);
            return new Result(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public static ProcessStartInfo StartInfo(IEnumerable<string> command, string? folder)
    {
        var words = command.ToList();
        return new ProcessStartInfo(words[0], words.Skip(1))
        {
            // The folder we stand in may be closed to the user who runs the program.
            WorkingDirectory = folder ?? "/",
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    /// <summary>The folders of PATH.</summary>
    public static IEnumerable<string> Path =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
            System.IO.Path.PathSeparator,
            StringSplitOptions.RemoveEmptyEntries
        );

    public static bool IsOnPath(string program) =>
        Path.Any(folder => File.Exists(System.IO.Path.Combine(folder, program)));
}
