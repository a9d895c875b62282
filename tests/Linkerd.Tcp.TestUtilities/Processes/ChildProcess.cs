using System.Diagnostics;
using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>A process that a test started. Disposing it ends it, with what it started, if it still runs.</summary>
public class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _reading;

    /// <summary>Starts a process.</summary>
    /// <param name="program">Its file.</param>
    /// <param name="arguments">Its arguments, one by one.</param>
    /// <param name="environment">Variables to set, or, with null, to take away.</param>
    /// <param name="folder">The working directory; default the one for temporary files.</param>
    public ChildProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        var name1 = Path.GetFileName(program);
        Output = new LineLog(name1 + " (stdout)");
        Error = new LineLog(name1 + " (stderr)");
        _process = Process.Start(start)!;
        _reading = Task.WhenAll(Output.FillAsync(_process.StandardOutput), Error.FillAsync(_process.StandardError));
    }

    /// <summary>What it prints.</summary>
    public LineLog Output { get; }

    /// <summary>What it prints to stderr.</summary>
    public LineLog Error { get; }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Where its input can be written.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>
    /// The number of descriptors that it has open, without those of assemblies, which the runtime loads when it first needs them and keeps. Linux.
    /// </summary>
    public int DescriptorCount => Directory.GetFileSystemEntries($"/proc/{Id}/fd").Count(descriptor => !IsAssembly(descriptor));

    /// <summary>The number of ends of pipes among its descriptors. Linux.</summary>
    public int PipeEndCount => Directory.GetFileSystemEntries($"/proc/{Id}/fd")
        .Count(descriptor => new FileInfo(descriptor).LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) ?? false);

    /// <summary>The inode numbers of its sockets. Linux.</summary>
    public IReadOnlySet<string> Sockets => Directory.GetFileSystemEntries($"/proc/{Id}/fd")
        .Select(descriptor => new FileInfo(descriptor).LinkTarget)
        .Where(target => target?.StartsWith("socket:[", StringComparison.Ordinal) ?? false)
        .Select(target => target!["socket:[".Length..^1])
        .ToHashSet();

    /// <summary>The processor time of each of its threads whose name starts so; Linux keeps 15 characters of a name. Linux.</summary>
    public IReadOnlyDictionary<string, TimeSpan> ProcessorTimeOfThreads(string name) => Directory.GetDirectories($"/proc/{Id}/task")
        .Where(thread => NameOfThread(thread).StartsWith(name, StringComparison.Ordinal))
        .ToDictionary(
            thread => thread,
            thread => TimeSpan.FromMicroseconds(double.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture) / 1000));

    /// <summary>The memory that is resident, in bytes. Linux.</summary>
    public long ResidentBytes => File.ReadLines($"/proc/{Id}/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024)
        .Single();

    /// <summary>The processor time that it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>The process, ended, with all of its output.</returns>
    public static async Task<ChildProcess> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken, string? input = null)
    {
        var process = new ChildProcess(program, arguments);
        try
        {
            if (input is not null)
            {
                await process._process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            }

            process._process.StandardInput.Close();
            await process.WaitForExitAsync(cancellationToken);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a signal. With SIGSTOP, returns when all of its threads stand still: until then it may do a little more.</summary>
    public void Send(Signal signal)
    {
        signal.SendTo(Id);
        if (signal == Signal.Stop && OperatingSystem.IsLinux() && !SpinWait.SpinUntil(IsStopped, TimeSpan.FromSeconds(30)))
        {
            throw new TimeoutException($"Process {Id} did not stop.");
        }
    }

    /// <summary>Waits for its end, for at most a minute, and for the last line of its output.</summary>
    /// <returns>The exit code; 128 plus the signal's number where a signal ended it.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
        await _reading.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
        return _process.ExitCode;
    }

    // The state is the letter behind the name in brackets (proc_pid_stat(5)); T is stopped.
    private bool IsStopped() => Directory.GetDirectories($"/proc/{Id}/task").All(thread =>
    {
        try
        {
            var state = File.ReadAllText(Path.Combine(thread, "stat"));
            return state[state.LastIndexOf(')') + 2] == 'T';
        }
        catch (IOException)
        {
            // It ended between the listing and the look at it.
            return true;
        }
    });

    private static string NameOfThread(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm"));
        }
        catch (IOException)
        {
            // It ended between the listing and the look at it.
            return string.Empty;
        }
    }

    // A descriptor may be closed between the listing and the look at it.
    private static bool IsAssembly(string descriptor) => new FileInfo(descriptor).LinkTarget is not { } target || target.EndsWith(".dll", StringComparison.Ordinal);

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
