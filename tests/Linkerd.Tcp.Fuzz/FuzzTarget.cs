namespace Linkerd.Tcp.Fuzz;

/// <summary>A parser that is fed anything: it may refuse, in its own way, and nothing else.</summary>
/// <param name="Name">Its name on the command line, and of its folder in the corpus.</param>
/// <param name="Tokens">What its grammar is made of, for inputs that get somewhere.</param>
/// <param name="Run">Takes one input. It throws where the parser broke its word.</param>
/// <param name="FixedBytes">The most that one input may allocate, whatever its length; default 256 KB.</param>
public sealed record FuzzTarget(string Name, IReadOnlyList<string> Tokens, Action<byte[]> Run, long FixedBytes = 256 * 1024)
{
    /// <summary>What may be allocated besides, for each byte of the input.</summary>
    private const long BytesPerByte = 2048;
    // Of the clock, and the machine may be busy: what hangs takes longer.
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(10);

    /// <summary>Takes one input, and checks what it costs.</summary>
    /// <exception cref="FuzzException">The parser crashed, took too long, or took too much.</exception>
    public void Check(byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            Run(input);
        }
        catch (Exception e) when (e is not FuzzException)
        {
            throw new FuzzException($"{Name}: {e.GetType().Name}: {e.Message}", e);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > FixedBytes + (BytesPerByte * input.Length))
        {
            throw new FuzzException($"{Name}: {allocated} bytes were allocated for an input of {input.Length}");
        }

        var elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        if (elapsed > MostTime)
        {
            throw new FuzzException($"{Name}: {elapsed.TotalSeconds:0.0} s for an input of {input.Length} bytes");
        }
    }

    /// <summary>The inputs of the corpus, by file name.</summary>
    public IEnumerable<(string Name, byte[] Input)> Corpus()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Corpus", Name);
        return !Directory.Exists(folder) ? [] : Directory.GetFiles(folder).Where(file => Path.GetFileName(file)[0] != '.').Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)));
    }
}
