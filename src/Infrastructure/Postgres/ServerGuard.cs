using System.Diagnostics;

namespace SchemaHub.Infrastructure.Postgres;

/// <summary>
/// A small shell script beside our program that starts the server and stops it when the last program that uses its
/// folder has ended, in whatever way. It sees our end because the pipe from us closes, which the kernel does also
/// after <c>kill -9</c>.
/// </summary>
internal sealed class ServerGuard : IAsyncDisposable
{
    /// <summary>
    /// Two locks make starting and stopping free of races. <c>change.lock</c>: whoever starts or stops the server has
    /// it alone. <c>users.lock</c>: every guard shares it as long as its program lives, so the one that can have it
    /// alone was the last. All work on the files is done here, under the server's own account.
    /// </summary>
    private const string Script = """
        trap '' HUP INT PIPE TERM
        umask 077
        export LC_ALL=C
        home=$1 bin=$2 configuration=$3 data=$1/data
        cd "$home" || exit 1
        exec 2>>guard.log 8>>change.lock 9>>users.lock
        # macOS has no flock.
        command -v flock >/dev/null || flock() {
            perl -e 'use Fcntl ":flock"; my ($how, $fd) = @ARGV; open my $lock, ">>&=", $fd or exit 2;
                my %how = ("-x" => LOCK_EX, "-xn" => LOCK_EX | LOCK_NB, "-s" => LOCK_SH, "-u" => LOCK_UN);
                exit !flock($lock, $how{$how})' -- "$@"
        }
        # What the server inherits it keeps, and a kept lock or pipe would never be let go.
        run() { "$bin/$@" </dev/null >>guard.log 2>&1 8>&- 9>&-; }
        create() {
            rm -rf data.new
            printf '%s\n' "$1" >password &&
                { run initdb -D data.new -U postgres -E UTF8 -A scram-sha-256 --pwfile=password $2 \
                    --locale=C --lc-ctype=C.UTF-8 ||
                    run initdb -D data.new -U postgres -E UTF8 -A scram-sha-256 --pwfile=password $2 --locale=C; } &&
                echo "include_if_exists = '../settings.conf'" >>data.new/postgresql.conf &&
                mv data.new data
        }
        orphans() {
            # Processes of a server whose main process was killed. One that was stopped does not notice that.
            for process in /proc/[0-9]*; do
                [ "$(readlink "$process/cwd" 2>/dev/null)" = "$data" ] && kill -9 "${process#/proc/}"
            done
            return 0
        }
        start() {
            if [ "$2" = stale ]; then
                # The number of the dead server now belongs to somebody else; this one is above all that exist.
                sed '1s/.*/99999999/' data/postmaster.pid >pid.new && cat pid.new >data/postmaster.pid
            fi
            [ -e server.log ] && mv server.log server.log.1
            printf '%s\n' "$configuration" >settings.conf && printf '%s\n' "$1" >port &&
                run pg_ctl start -D "$data" -l "$home/server.log" -o "-p $1" -w -t 900
        }
        flock -x 8 && flock -s 9 || exit 1
        echo locked
        while read -r verb first second; do
            case $verb in
                create) create "$first" "$second" ;;
                start) start "$first" "$second" ;;
                orphans) orphans ;;
                lock) flock -x 8 ;;
                release) flock -u 8 ;;
            esac
            echo $?
        done
        flock -x 8
        flock -u 9
        if flock -xn 9; then
            run pg_ctl stop -D "$data" -m fast -w -t 300
            [ "$4" = delete ] && rm -rf "$home" && rmdir "${home%/*}"
        fi
        exit 0
        """;

    private readonly Process _launcher;

    private ServerGuard(Process launcher) => _launcher = launcher;

    /// <summary>Starts a guard and waits until no other program is starting or stopping this server.</summary>
    public static async Task<ServerGuard> Start(
        string home,
        PostgresBinaries binaries,
        ServerAccount account,
        EmbeddedPostgresOptions options,
        Action<string>? progress,
        CancellationToken cancellation
    )
    {
        // In a session of its own and nobody's child, so that neither Ctrl-C nor a killed process tree takes it along.
        string[] detached = ChildProcess.IsOnPath("setsid")
            ? ["setsid"]
            : ["perl", "-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV"];
        const string inBackground = "exec 3<&0; \"$@\" <&3 3<&- &";
        string[] script = [home, binaries.Folder, options.Configuration(), options.DeleteAtEnd ? "delete" : "keep"];
        var start = ChildProcess.StartInfo(
            ["sh", "-c", inBackground, "sh", .. detached, .. account.Prefix, "sh", "-c", Script, "guard", .. script],
            home
        );
        var guard = new ServerGuard(
            Process.Start(start) ?? throw new EmbeddedPostgresException("The guard of PostgreSQL cannot be started.")
        );
        try
        {
            var locked = guard._launcher.StandardOutput.ReadLineAsync(cancellation).AsTask();
            // Nobody should look at a silent program while another one recovers or stops the server.
            if (await Task.WhenAny(locked, Task.Delay(TimeSpan.FromSeconds(2), cancellation)) != locked)
                progress?.Invoke("Waiting for another program that is starting or stopping PostgreSQL");
            if (!string.Equals(await locked, "locked", StringComparison.Ordinal))
            {
                var errors = await guard._launcher.StandardError.ReadToEndAsync(cancellation);
                throw new EmbeddedPostgresException($"PostgreSQL's guard cannot lock {home}. {errors}");
            }
            return guard;
        }
        catch
        {
            guard.LetGo();
            throw;
        }
    }

    /// <summary>Lets the guard do one thing, and tells whether it succeeded.</summary>
    public async Task<bool> Do(string command, CancellationToken cancellation)
    {
        try
        {
            await _launcher.StandardInput.WriteAsync($"{command}\n".AsMemory(), cancellation);
            await _launcher.StandardInput.FlushAsync(cancellation);
        }
        catch (IOException error)
        {
            throw new EmbeddedPostgresException("PostgreSQL's guard was ended by somebody.", error);
        }
        return await _launcher.StandardOutput.ReadLineAsync(cancellation) switch
        {
            "0" => true,
            null => throw new EmbeddedPostgresException("PostgreSQL's guard was ended by somebody."),
            _ => false,
        };
    }

    /// <summary>Tells the guard that we have ended, without waiting for what it does then.</summary>
    public void LetGo()
    {
        _launcher.StandardInput.Close();
        _launcher.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        _launcher.StandardInput.Close();
        // The guard is nobody's child; its end shows in its side of the pipe.
        await _launcher.StandardOutput.ReadToEndAsync();
        _launcher.Dispose();
    }
}
