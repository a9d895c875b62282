using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming.Binding;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Represents a resolver over an interpreter. It follows the tree that a name is bound to, and the addresses of each of its leaves. Each branch of a union becomes
/// a group of the set (<see cref="EndpointSet"/>), nested unions multiply their weights, and a branch without an address gives its share to the others.
/// Leaves with equal ids share one watch, whatever names they belong to. Any thread.
/// </summary>
/// <remarks>
/// A failed binding leaves the tree before it standing: the addresses of its leaves are still followed. A leaf within a union that fails keeps its own last
/// addresses, as the union as a whole goes on being bound.
/// </remarks>
public sealed class InterpreterResolver : IResolver
{
    private readonly IInterpreter _interpreter;
    private readonly SharedLeaves _leaves;

    /// <summary>Initializes a resolver. No request is made before a name is watched.</summary>
    public InterpreterResolver(IInterpreter interpreter)
    {
        ArgumentNullException.ThrowIfNull(interpreter);
        _interpreter = interpreter;
        _leaves = new SharedLeaves(interpreter.ResolveIdAsync);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var states = new LatestValue<Resolution>(state => state.Rank);
        var reader = states.ReadAsync(cancellationToken);
        var running = new TreeWatch(_leaves, states).RunAsync(name, _interpreter, stop.Token);
        try
        {
            await foreach (var resolution in reader.ConfigureAwait(false))
            {
                yield return resolution;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Evaluates a tree that a name is bound to: the unions of the tree become groups, as in <see cref="WatchAsync"/>. For callers that follow a binding and its leaves
    /// by <see cref="IInterpreter"/>.
    /// </summary>
    /// <param name="tree">The tree that the name is bound to.</param>
    /// <param name="leaves">Returns the state of a leaf by its id. Called for the leaves that the tree uses.</param>
    public static Resolution Evaluate(BoundTree tree, Func<DstPath, Resolution> leaves)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(leaves);
        return TreeEvaluator.Evaluate(tree, id => new LeafState(leaves(id), null));
    }

    /// <summary>Returns the description of the interpreter, for a log.</summary>
    public override string? ToString() => _interpreter.ToString();
}
