using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Shared;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd.Mesh.Watching;

/// <summary>Passes on the states of one subject, and logs their changes. Any thread.</summary>
internal sealed class MeshReport<TMessage, TState>(MeshWatchRequest<TMessage, TState> question, MeshOptions options, ILogger logger, LatestValue<TState> states)
    where TMessage : class
    where TState : class
{
    private readonly Lock _lock = new();
    private readonly RepeatFilter _failures = new(options.TimeProvider);
    private readonly RepeatFilter _skips = new(options.TimeProvider);
    private readonly RepeatFilter _renewals = new(options.TimeProvider);
    private bool? _isUp;
    private bool _hasState;
    private int _messages;
    private TState? _last;

    /// <summary>The number of messages of streams.</summary>
    public int Messages => Volatile.Read(ref _messages);

    /// <summary>Reports a message of a stream.</summary>
    public void Message(MeshServer server, MeshAnswer<TState> answer)
    {
        lock (_lock)
        {
            _messages++;
            Apply(server, answer);
        }
    }

    /// <summary>
    /// Reports a plain answer. It is taken if the stream has sent nothing since the request, and its state before differs; then this returns true.
    /// </summary>
    public bool TryPoll(MeshServer server, MeshAnswer<TState> answer, int messagesBefore)
    {
        lock (_lock)
        {
            if (answer.Kind != MeshAnswerKind.Answer || _messages != messagesBefore || answer.State.Equals(_last))
            {
                return false;
            }

            NamerdLog.Stale(logger, question.Subject, server.Name, answer.State);
            Apply(server, answer);
            return true;
        }
    }

    /// <summary>Reports that the state is not known, and that namerd is tried again after a while.</summary>
    /// <param name="error">The reason.</param>
    /// <param name="retry">The time until then.</param>
    /// <param name="filter">Deduplicates log messages; null for those of this subject only.</param>
    public void Failure(string error, TimeSpan retry, RepeatFilter? filter = null)
    {
        lock (_lock)
        {
            _isUp = false;
            Failure(error, $", trying again in {retry.TotalSeconds:0.0} s", filter ?? _failures);
        }
    }

    /// <summary>Reports that namerd sends nothing, as it does until the state is known; its stream goes on.</summary>
    public void Silent()
    {
        lock (_lock)
        {
            states.Put(question.Pending);
        }
    }

    /// <summary>Reports that a second stream could not be opened; the first one goes on.</summary>
    public void RenewalFailed(string error, TimeSpan retry)
    {
        if (_renewals.TryPass(out var suppressed))
        {
            NamerdLog.RenewalFailed(logger, error, question.Subject, retry.TotalSeconds, NamerdLog.More(suppressed));
        }
    }

    public void PollFailed(string error) => NamerdLog.PollFailed(logger, error, question.Subject);

    public void Renewed(MeshServer server) => NamerdLog.Renewed(logger, question.Subject, server.Name);

    public void Ended(string how, TimeSpan lived, TimeSpan retry) => NamerdLog.Ended(logger, how, lived.TotalSeconds, retry.TotalSeconds);

    private void Apply(MeshServer server, MeshAnswer<TState> answer)
    {
        var isAnswer = answer.Kind == MeshAnswerKind.Answer;
        if (_isUp != true && isAnswer)
        {
            NamerdLog.Up(logger, server.Name, _isUp is null ? "answers" : "answers again", question.Subject);
        }

        _isUp = isAnswer ? true : answer.Kind == MeshAnswerKind.Failed ? false : _isUp;
        _hasState |= question.IsWorthKeeping(answer.State);
        _last = answer.State;
        if (answer.Kind == MeshAnswerKind.Failed)
        {
            Failure($"namerd at {server.Name} answered {question.Subject}: {answer.Error}", string.Empty, _failures);
            return;
        }

        NamerdLog.State(logger, question.Subject, answer.State);
        if ((answer.Skipped > 0 || answer.InvalidWeights > 0) && _skips.TryPass(out _))
        {
            NamerdLog.Skipped(logger, server.Name, question.Subject, answer.Skipped, answer.SkippedExample ?? "none", answer.InvalidWeights);
        }

        states.Put(answer.State);
    }

    private void Failure(string error, string then, RepeatFilter filter)
    {
        if (filter.TryPass(out var suppressed))
        {
            NamerdLog.Failure(logger, error, _hasState ? "keeping what is known" : "nothing is known yet", question.Subject, then, NamerdLog.More(suppressed));
        }

        states.Put(question.Failed(error));
    }
}
