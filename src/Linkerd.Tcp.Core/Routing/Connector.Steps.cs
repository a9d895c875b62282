using System.Net;

namespace Linkerd.Tcp;

/// <content>What a session does next, and for how long.</content>
internal sealed partial class Connector
{
    private static readonly TimeSpan LastBackoff = TimeSpan.FromSeconds(1);

    // A connection of a panic takes the one place that its endpoint has. It must be free again soon, so that an endpoint that is back is found within 1 s
    // although the kernel asks again only after 1 s.
    private static readonly TimeSpan PanicPatience = TimeSpan.FromMilliseconds(750);

    // As ConnectFailure, in the words of the metric.
    private static readonly string[] Causes = ["none", "refused", "timeout", "unreachable", "reset", "local_resources", "cancelled", "other", "tls"];

    private int _nextSource;

    /// <summary>A connection that was made ahead, where there is one.</summary>
    private static bool TryTakeWarm(ref ConnectProgress progress)
    {
        if (progress.Destination.Warm is not { } pool || !pool.TryTake(progress.Client, out var taken))
        {
            return false;
        }

        progress.Last = ConnectResult.Connected(taken.Connection);
        progress.Lease = taken.Lease;
        progress.IsWarm = true;
        return true;
    }

    private ConnectStep Pick(ref ConnectProgress progress)
    {
        if (progress.Attempts == 0 && !progress.Destination.Waiters.IsEmpty)
        {
            return Enqueue(ref progress, PickResult.AtLimit);
        }

        progress.PickedAt = timeProvider.GetTimestamp();
        var tried = progress.Tried;
        var context = new PickContext
        {
            Connection = progress.Client,
            Tried = tried is null ? default : tried.Round,
            TriedIndex = tried?.AsIndex,
            Timestamp = progress.PickedAt,
        };
        var picked = progress.Destination.Balancer.Pick(in context, out progress.Lease);
        return picked == PickResult.Picked ? ConnectStep.Connect : WithoutPlace(ref progress, picked);
    }

    private ConnectStep WithoutPlace(ref ConnectProgress progress, PickResult picked)
    {
        if (progress.Destination.IsInVain(picked))
        {
            // One that has tried tells of that.
            if (progress.Attempts == 0)
            {
                (progress.Reason, progress.Detail) = (CloseReason.Refused(Refusal.NoEndpoint), Describe(progress.Destination, picked));
            }

            return ConnectStep.Stop;
        }

        // Every endpoint that there is was tried: one of them again, but not at once.
        return progress.Attempts > 0 && picked != PickResult.AtLimit ? PauseFirst(ref progress) : Enqueue(ref progress, picked);
    }

    private static ConnectStep Enqueue(ref ConnectProgress progress, PickResult picked)
    {
        progress.WaitsFor = picked;
        if (progress.IsCancelled)
        {
            return StopWaiting(ref progress);
        }

        progress.Waiter = progress.Destination.Waiters.TryEnqueue(progress.Client, hash: 0, progress.Tried, progress.CancellationToken);
        if (progress.Waiter is not null)
        {
            return ConnectStep.Wait;
        }

        progress.Reason = CloseReason.Refused(Refusal.WaitersFull);
        progress.Detail = $"{progress.Destination.MaxWaiters} sessions wait already: {Describe(progress.Destination, picked)}";
        return ConnectStep.Stop;
    }

    private ConnectStep AfterWait(ref ConnectProgress progress)
    {
        ref readonly var waited = ref progress.Waiter!.Result;
        progress.Waiter = null;
        progress.Lease = waited.Lease;
        if (waited.Picked == PickResult.Picked && !progress.IsCancelled)
        {
            progress.PickedAt = timeProvider.GetTimestamp();
            return ConnectStep.Connect;
        }

        // A place that came too late is given back untouched.
        progress.Lease.Complete();
        if (!waited.IsInVain)
        {
            // Nobody but those that it has tried: as if it had not waited.
            return waited.IsTriedOut && !progress.IsCancelled ? PauseFirst(ref progress) : StopWaiting(ref progress);
        }

        (progress.Reason, progress.Detail) = (CloseReason.Refused(Refusal.NoEndpoint), Describe(progress.Destination, waited.Picked));
        return ConnectStep.Stop;
    }

    /// <summary>The session ends without a place. One that has tried already tells of that instead.</summary>
    private static ConnectStep StopWaiting(ref ConnectProgress progress)
    {
        if (progress.Client.PeerGone)
        {
            progress.Reason = new(ClosedBy.Client, ClosePhase.Queue);
        }
        else if (progress.Attempts == 0)
        {
            (progress.Reason, progress.Detail) = (new(ClosedBy.Server, ClosePhase.Queue, TimedOut: true), Describe(progress.Destination, progress.WaitsFor));
        }

        return ConnectStep.Stop;
    }

    private ConnectStep AfterConnect(ref ConnectProgress progress)
    {
        progress.Attempts++;
        var elapsed = timeProvider.GetElapsedTime(progress.PickedAt);
        var endpoint = progress.Lease.Endpoint!;
        NoteResult(progress.Destination, in progress.Last, progress.Lease, elapsed, IsCutShort(ref progress, elapsed));
        if (progress.Last.IsConnected)
        {
            return ConnectStep.Stop;
        }

        var failure = progress.Last.Failure;
        var isFree = failure != ConnectFailure.LocalResources && progress.NoteTried(endpoint) && IsFree(ref progress, endpoint);
        if (isFree)
        {
            progress.FreeRefusals++;
            return progress.IsCancelled ? ConnectStep.Stop : ConnectStep.Pick;
        }

        if (progress.IsCancelled || HasNoAttemptLeft(ref progress))
        {
            return ConnectStep.Stop;
        }

        if (!progress.Destination.Budget.TryRetry())
        {
            progress.Reason = CloseReason.Refused(Refusal.RetryBudget);
            progress.Detail = $"{progress.Last.Detail ?? failure.ToString()}; the destination has spent its retry budget";
            return ConnectStep.Stop;
        }

        // Short of local resources, another endpoint helps no more than this one; another local address may.
        return failure == ConnectFailure.LocalResources && progress.Attempts >= progress.Policy.SourceAddresses.Count ? PauseFirst(ref progress) : ConnectStep.Pick;
    }

    // A refusal costs a server nothing, and takes one way there and back. It says nothing against the others, and its endpoint's breaker sees to it that there
    // are few. Once an endpoint and session: however many endpoints refuse, a session ends. What was picked as a probe, or in a panic, is known to fail.
    private static bool IsFree(ref ConnectProgress progress, Endpoint endpoint) => progress.Last.Failure == ConnectFailure.Refused
        && progress.Policy.MaxAttempts > 1 && !progress.Lease.IsProbe && endpoint.HasBreaker;

    // The only endpoint is tried on; but not where nothing is to be tried twice.
    private static bool HasNoAttemptLeft(ref ConnectProgress progress) => progress.Attempts - progress.FreeRefusals >= progress.Policy.MaxAttempts
        && (progress.Policy.MaxAttempts == 1 || progress.Destination.Balancer.Endpoints.Count != 1);

    private void NoteResult(Destination destination, in ConnectResult result, EndpointLease lease, TimeSpan elapsed, bool isCutShort = false)
    {
        var endpoint = lease.Endpoint!;
        if (result.IsConnected)
        {
            lease.Connected(elapsed);
            instruments.Connected(elapsed);
            destination.NoteConnected(endpoint);
            return;
        }

        var failure = isCutShort ? ConnectFailure.Cancelled : result.Failure;
        lease.Failed(failure, elapsed);
        instruments.Failed(Causes[(int)result.Failure]);
        if (failure is not (ConnectFailure.LocalResources or ConnectFailure.Cancelled))
        {
            destination.NoteFailed(endpoint, result.Detail ?? failure.ToString(), PolicyOf(destination));
        }
    }

    // An endpoint that was given less time than it has a right to, as the session's own deadline came first, is not to blame. One that had nearly all of its time
    // is: timers may fire a little early, and the deadline may be all the time that an attempt ever gets.
    private static bool IsCutShort(ref ConnectProgress progress, TimeSpan elapsed)
    {
        if (progress.Last.Failure != ConnectFailure.TimedOut || progress.Deadline == NoDeadline || progress.Lease.Kind == LeaseKind.Panic)
        {
            return false;
        }

        var fair = Shorter(progress.Policy.AttemptTimeout, progress.Policy.ConnectTimeout);
        return fair == Timeout.InfiniteTimeSpan || elapsed < fair * 0.9;
    }

    private ConnectStep PauseFirst(ref ConnectProgress progress)
    {
        var first = progress.Policy.RetryBackoff;
        progress.Tried?.StartOver();
        progress.Backoff ??= new Backoff(first, first < LastBackoff ? LastBackoff : first, random);
        progress.Pause = progress.Backoff.Next();
        return progress.IsCancelled ? ConnectStep.Stop : ConnectStep.Pause;
    }

    private ConnectOptions OptionsOf(ref ConnectProgress progress) => new()
    {
        Near = progress.Client,
        Timeout = TimeoutOf(ref progress),
        Tcp = progress.Policy.Tcp ?? tcp,
        Source = SourceFor(progress.Policy.SourceAddresses, progress.Lease.Endpoint!.Address),
    };

    /// <summary>An attempt never outlives the deadline.</summary>
    private TimeSpan TimeoutOf(ref ConnectProgress progress)
    {
        var timeout = progress.Policy.AttemptTimeout;
        if (progress.Lease.Kind == LeaseKind.Panic)
        {
            var patience = progress.Lease.Endpoint!.UsualLatency * 4;
            timeout = Shorter(timeout, patience > PanicPatience ? patience : PanicPatience);
        }

        if (progress.Deadline == NoDeadline)
        {
            return timeout;
        }

        // One that is long over was so already before this attempt: the process was stopped. Then whoever keeps the deadline grants a moment, and ends that.
        var left = timeProvider.GetElapsedTime(progress.PickedAt, progress.Deadline);
        return left < -TransportTimer.LateMoment ? Shorter(timeout, TransportTimer.LateMoment) : Shorter(timeout, left);
    }

    private static TimeSpan Shorter(TimeSpan timeout, TimeSpan other) => timeout == Timeout.InfiniteTimeSpan || other < timeout ? other : timeout;

    private IPAddress? SourceFor(IReadOnlyList<IPAddress> sources, EndPoint to)
    {
        // Of another kind it may not even have a family: the base class throws.
        if (sources.Count == 0 || to is not IPEndPoint { AddressFamily: var family })
        {
            return null;
        }

        var start = (uint)Interlocked.Increment(ref _nextSource);
        for (var i = 0U; i < sources.Count; i++)
        {
            var source = sources[(int)((start + i) % (uint)sources.Count)];
            if (source.AddressFamily == family)
            {
                return source;
            }
        }

        return null;
    }

    // Asked last, as it costs a system call: whether the two ends are one. Where nothing listens on a local port of the ephemeral range, the kernel
    // can connect a socket with itself.
    internal static bool IsSelf(in ConnectResult result) => result.IsConnected
        && result.Connection.RemoteEndPoint is IPEndPoint remote && EphemeralPorts.Contain(remote.Port) && remote.Equals(result.Connection.LocalEndPoint);
}
