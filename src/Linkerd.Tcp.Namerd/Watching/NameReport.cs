using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>Passes on the states of one name, and logs their changes. For one thread at a time, except <see cref="RenewalFailed"/>.</summary>
/// <param name="kind">The kind of the requests.</param>
/// <param name="name">The name, or the id.</param>
/// <param name="outages">Deduplicates log messages about the same outage across names.</param>
/// <param name="options">The source of the clock.</param>
/// <param name="logger">The log.</param>
/// <param name="cell">Receives the states.</param>
/// <param name="seen">Receives every document before its state is passed on.</param>
internal sealed class NameReport<TState>(
    WatchKind<TState> kind,
    DstPath name,
    RepeatFilter outages,
    NamerdOptions options,
    ILogger logger,
    LatestValue<TState> cell,
    Action<NamerdDocument<TState>>? seen)
    where TState : class
{
    private readonly RepeatFilter _failures = new(options.TimeProvider);
    private readonly RepeatFilter _skips = new(options.TimeProvider);
    private readonly RepeatFilter _renewals = new(options.TimeProvider);
    private bool? _isUp;
    private bool _isKeeping;

    /// <summary>True if a failure was reported, and since then no document came.</summary>
    public bool IsFailing { get; private set; }

    /// <summary>Reports a document with the state of the name.</summary>
    public void Document(NamerdDocument<TState> document, NamerdServer server)
    {
        if (_isUp != true && document.IsAnswer)
        {
            var answers = _isUp is null ? "answers" : "answers again";
            if (kind.IsAboutAName)
            {
                NamerdLog.Up(logger, server.Text, answers, name);
            }
        }

        _isUp = document.IsAnswer;
        IsFailing = false;
        _isKeeping |= kind.IsWorthKeeping(document.State);
        if (kind.ErrorOf(document.State) is { } error)
        {
            Failure($"namerd at {server} answered {name}: {error}", then: null, _failures);
            return;
        }

        NamerdLog.State(logger, name, document.State);
        if ((document.Skipped > 0 || document.InvalidWeights > 0) && _skips.TryPass(out _))
        {
            NamerdLog.Skipped(logger, server.Text, name, document.Skipped, document.SkippedExample ?? "none", document.InvalidWeights);
        }

        seen?.Invoke(document);
        cell.Put(document.State);
    }

    /// <summary>Reports that the state is not known, and that namerd is tried again after a while.</summary>
    /// <param name="error">The reason.</param>
    /// <param name="retry">The time until then; infinite if another request finds out if namerd is back.</param>
    /// <param name="isOutage">True if every other name is in the same state.</param>
    public void Failure(string error, TimeSpan retry, bool isOutage = false)
    {
        _isUp = false;
        IsFailing = true;
        var then = retry < TimeSpan.Zero ? "trying again when it answers others" : $"trying again in {retry.TotalSeconds:0.0} s";
        Failure(error, then, isOutage ? outages : _failures);
    }

    /// <summary>Reports that the name is pending: nothing came in time, as namerd sends no answer before the state is known.</summary>
    public void Pending(string why, TimeSpan retry)
    {
        IsFailing = true;
        Warn(why, $"taking it as pending and trying again in {retry.TotalSeconds:0.0} s", _failures);
        cell.Put(kind.Pending);
    }

    /// <summary>Reports that a second watch could not be opened; the first one goes on.</summary>
    public void RenewalFailed(string error, TimeSpan retry)
    {
        if (_renewals.TryPass(out var suppressed))
        {
            NamerdLog.RenewalFailed(logger, error, name, retry.TotalSeconds, NamerdLog.More(suppressed));
        }
    }

    public void AskingAnother(string error) => NamerdLog.AskingAnother(logger, error, name);

    public void Stale(NamerdServer server, TState state) => NamerdLog.Stale(logger, name, server.Text, state);

    public void Renewed(NamerdServer server) => NamerdLog.Renewed(logger, name, server.Text);

    public void Ended(string how, TimeSpan lived, TimeSpan retry) => NamerdLog.Ended(logger, how, lived.TotalSeconds, retry.TotalSeconds);

    public void NotStreamed(NamerdServer server, TimeSpan interval) => NamerdLog.NotStreamed(logger, server.Text, name, interval.TotalSeconds);

    private void Failure(string error, string? then, RepeatFilter filter)
    {
        Warn(error, then, filter);
        cell.Put(kind.Failed(error));
    }

    private void Warn(string error, string? then, RepeatFilter filter)
    {
        if (filter.TryPass(out var suppressed))
        {
            NamerdLog.Failure(logger, error, kind.Kept(_isKeeping), name, then is null ? string.Empty : $", {then}", NamerdLog.More(suppressed));
        }
    }
}
