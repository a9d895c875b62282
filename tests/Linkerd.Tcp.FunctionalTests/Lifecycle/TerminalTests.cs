using System.Text;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The executable at a terminal: a pseudo terminal that Python opens.</summary>
public sealed class TerminalTests
{
    // A new session with the terminal; what comes out of it, in hexadecimal.
    private const string RunAtTerminal = """
        import os, pty, sys
        child, terminal = pty.fork()
        if child == 0:
            os.execv(sys.argv[1], sys.argv[1:])
        output = b''
        try:
            while chunk := os.read(terminal, 4096):
                output += chunk
        except OSError:
            pass
        print(output.hex(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """;

    // A background job of a session leader whose terminal stops background jobs that write.
    private const string RunInBackground = """
        import os, pty, signal, sys, termios
        reports, report = os.pipe()
        child, terminal = pty.fork()
        if child == 0:
            settings = termios.tcgetattr(0)
            settings[3] |= termios.TOSTOP
            termios.tcsetattr(0, termios.TCSANOW, settings)
            job = os.fork()
            if job == 0:
                os.setpgid(0, 0)
                os.execv(sys.argv[1], sys.argv[1:])
            os.write(report, b'%d\n' % job)
            status = os.waitpid(job, os.WUNTRACED)[1]
            if os.WIFSTOPPED(status):
                os.kill(job, signal.SIGKILL)
                os.write(report, b'stopped by signal %d\n' % os.WSTOPSIG(status))
            else:
                os.write(report, b'exit code %d\n' % os.waitstatus_to_exitcode(status))
            os._exit(0)
        os.close(report)
        reports = os.fdopen(reports)
        job = int(reports.readline())
        output = b''
        try:
            while chunk := os.read(terminal, 4096):
                if b'listening on' not in output and b'listening on' in output + chunk:
                    os.kill(job, signal.SIGTERM)
                output += chunk
        except OSError:
            pass
        print(reports.readline().strip())
        """;

    // A session leader that logs elsewhere, whose terminal closes once it listens. With "nohup" it ignores SIGHUP, and is ended by SIGTERM.
    private const string CloseTerminal = """
        import os, pty, signal, sys
        log, stderr = os.pipe()
        child, terminal = pty.fork()
        if child == 0:
            if sys.argv[1] == 'nohup':
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.dup2(stderr, 2)
            os.execv(sys.argv[2], sys.argv[2:])
        os.close(stderr)
        log = os.fdopen(log)
        for line in log:
            print(line, end='')
            if 'listening on' in line:
                os.close(terminal)
                if sys.argv[1] == 'nohup':
                    os.kill(child, signal.SIGTERM)
        print('exit code', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """;

    [Theory]
    [InlineData("--version")]
    [InlineData("--help")]
    [InlineData("--no-such-option")]
    [InlineData("resolve", "/$/inet/127.0.0.1/1")]
    [InlineData("dtab", "check", "/dev/null")]
    public async Task Command_AtTerminal_WritesNoEscapeSequence(params string[] arguments)
    {
        await using var python = await RunAsync(RunAtTerminal, [Executable.FileName, .. arguments]);
        var output = Encoding.UTF8.GetString(Convert.FromHexString(Assert.Single(python.Output.Lines).Split(' ')[0]));
        Assert.NotEmpty(output);
        Assert.DoesNotContain('\e', output);
    }

    [Fact]
    public async Task Proxy_InBackgroundOfTerminalThatStopsOutput_Serves()
    {
        await using var python = await RunAsync(RunInBackground, [Executable.FileName, "-l", "127.0.0.1:0", "/$/nil"]);
        Assert.Equal("exit code 0", Assert.Single(python.Output.Lines));
    }

    [Fact]
    public async Task Proxy_TerminalCloses_DrainsAsAtTerminate()
    {
        await using var python = await RunAsync(CloseTerminal, ["", Executable.FileName, "-l", "127.0.0.1:0", "/$/nil"]);
        Assert.Contains(python.Output.Lines, line => line.EndsWith("the terminal is gone (SIGHUP)", StringComparison.Ordinal));
        Assert.Contains(python.Output.Lines, line => line.Contains("stopping: 0 sessions", StringComparison.Ordinal));
        Assert.Equal("exit code 0", python.Output.Lines[^1]);
    }

    [Fact]
    public async Task Proxy_TerminalClosesUnderNohup_ServesOn()
    {
        await using var python = await RunAsync(CloseTerminal, ["nohup", Executable.FileName, "-l", "127.0.0.1:0", "/$/nil"]);
        Assert.DoesNotContain(python.Output.Lines, line => line.Contains("the terminal is gone", StringComparison.Ordinal));
        Assert.Contains(python.Output.Lines, line => line.Contains("stopping: 0 sessions", StringComparison.Ordinal));
        Assert.Equal("exit code 0", python.Output.Lines[^1]);
    }

    private static Task<ChildProcess> RunAsync(string script, IEnumerable<string> arguments)
    {
        Require.Linux();
        return ChildProcess.RunAsync(Require.Program("python3"), ["-c", script, .. arguments], TestContext.Current.CancellationToken);
    }
}
