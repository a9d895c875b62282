using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>What a state of a name comes to.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Text">In words.</param>
internal sealed record ResolveVerdict(int ExitCode, string Text)
{
    /// <summary>Whether something went wrong, rather than that it is known what the name is.</summary>
    public bool IsError => ExitCode is Primitives.ExitCode.Failure or Primitives.ExitCode.Pending;

    /// <summary>The verdict on a state.</summary>
    public static ResolveVerdict On(DstPath name, NameSnapshot snapshot) => (snapshot.Binding, snapshot.Resolution) switch
    {
        (NameBinding.Bound { Tree: BoundTree.Empty }, _) => new(Primitives.ExitCode.Negative, "empty ($): the name exists, and is bound to nothing"),
        (NameBinding.Bound { Tree: BoundTree.Fail }, _) => new(Primitives.ExitCode.Negative, "negative (!): the name is not to be found"),
        (_, Resolution.Negative) => new(Primitives.ExitCode.Negative, "negative: the name does not exist"),
        (_, Resolution.Bound { Endpoints.IsEmpty: true }) => new(Primitives.ExitCode.Success, "bound, to no endpoint"),
        (_, Resolution.Bound bound) => new(Primitives.ExitCode.Success, bound.Endpoints.Count == 1 ? "bound, 1 endpoint" : $"bound, {bound.Endpoints.Count} endpoints"),
        (_, Resolution.Failed failed) => new(Primitives.ExitCode.Failure, $"{name} cannot be resolved: {failed.Error}"),
        _ => new(Primitives.ExitCode.Pending, $"{name} is still pending: waiting for {string.Join(", ", snapshot.Missing)}"),
    };
}
