using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp.Cli.Metrics;

/// <summary>Represents the text of one collection, which several clients read. Its memory is given back when the last of them calls <see cref="Leave"/>. Any thread.</summary>
/// <param name="status">The status code of the response.</param>
/// <param name="contentType">The media type; null if there is none.</param>
/// <param name="parts">The text, which the answer owns.</param>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer, and is canceled while readers leave.")]
internal sealed class ScrapeAnswer(int status, string? contentType, IReadOnlyList<SeriesBuffer> parts)
{
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cut = new();
    private int _readers;

    /// <summary>Gets the status code of the response.</summary>
    public int Status => status;

    /// <summary>Gets the media type; null if there is none.</summary>
    public string? ContentType => contentType;

    /// <summary>Gets the text. It must not be used after <see cref="Leave"/>.</summary>
    public IReadOnlyList<SeriesBuffer> Parts => parts;

    /// <summary>Gets the timestamp at which it can be read.</summary>
    public long MadeAt { get; private set; }

    /// <summary>Gets a token that is canceled if others need the memory. Readers must leave then.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Gets a task that completes when the last reader has left.</summary>
    public Task Left => _left.Task;

    /// <summary>Hands it to its readers, before any of them has it.</summary>
    public void Open(int readers, long timestamp) => (_readers, MadeAt) = (readers, timestamp);

    /// <summary>Ends the use of one reader.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _readers) > 0)
        {
            return;
        }

        foreach (var part in parts)
        {
            part.Dispose();
        }

        _left.SetResult();
    }

    /// <summary>Requests that its readers leave.</summary>
    public Task CutAsync() => _cut.CancelAsync();
}
