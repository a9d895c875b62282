using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>Passes on what is learnt about one name, and says in the log what changed. For one thread at a time, but for <see cref="RenewalFailed"/>.</summary>
internal sealed partial class NameReport(NamerdClient client, NamerdOptions options, ILogger logger, ResolutionMailbox mailbox)
{
    private readonly RepeatFilter _failures = new(options.TimeProvider);
    private readonly RepeatFilter _skips = new(options.TimeProvider);
    private readonly RepeatFilter _renewals = new(options.TimeProvider);
    private bool? _isUp;
    private bool _hasEndpoints;

    /// <summary>The name is in this state.</summary>
    public void Document(ResolveDocument document)
    {
        if (_isUp != true && document.IsAnswer)
        {
            Log.Up(logger, client.BaseAddress, _isUp is null ? "answers" : "answers again", client.Name);
        }

        _isUp = document.IsAnswer;

        _hasEndpoints |= document.Resolution is Resolution.Bound { Endpoints.IsEmpty: false };
        if (document.Resolution is Resolution.Failed failed)
        {
            Failure($"namerd at {client.BaseAddress} answered {client.Name}: {failed.Error}");
            return;
        }

        Log.Resolution(logger, client.Name, document.Resolution);
        if ((document.Skipped > 0 || document.InvalidWeights > 0) && _skips.TryPass(out _))
        {
            Log.Skipped(logger, client.BaseAddress, client.Name, document.Skipped, document.SkippedExample ?? "none", document.InvalidWeights);
        }

        mailbox.Put(document.Resolution);
    }

    /// <summary>Nothing is known, and namerd is asked again after a while.</summary>
    public void Failure(string error, TimeSpan retry)
    {
        _isUp = false;
        Failure(error, $"trying again in {retry.TotalSeconds:0.0} s");
    }

    /// <summary>The name is pending: nothing came in time, as namerd says nothing until it knows.</summary>
    public void Pending(string why, TimeSpan retry)
    {
        Warn(why, $"taking it as pending and trying again in {retry.TotalSeconds:0.0} s");
        mailbox.Put(Resolution.Pending.Instance);
    }

    /// <summary>A second watch did not come about; the first one goes on.</summary>
    public void RenewalFailed(string error, TimeSpan retry)
    {
        if (_renewals.TryPass(out var suppressed))
        {
            Log.RenewalFailed(logger, error, client.Name, retry.TotalSeconds, Count(suppressed));
        }
    }

    public void Renewed() => Log.Renewed(logger, client.Name);

    public void Ended(string how, TimeSpan lived, TimeSpan retry) => Log.Ended(logger, how, lived.TotalSeconds, retry.TotalSeconds);

    public void NotStreamed(TimeSpan interval) => Log.NotStreamed(logger, client.BaseAddress, client.Name, interval.TotalSeconds);

    private void Failure(string error, string? then = null)
    {
        Warn(error, then);
        mailbox.Put(new Resolution.Failed(error));
    }

    private void Warn(string error, string? then)
    {
        if (_failures.TryPass(out var suppressed))
        {
            var kept = _hasEndpoints ? "keeping the last known endpoints" : "no endpoints are known yet";
            Log.Failure(logger, error, kept, client.Name, then is null ? string.Empty : $", {then}", Count(suppressed));
        }
    }

    private static string Count(int suppressed) => suppressed == 0 ? string.Empty : $" ({suppressed} more such failures since the last such line)";
}
