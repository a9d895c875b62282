using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>The result of a state of a name.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Text">A description.</param>
internal sealed record ResolveVerdict(int ExitCode, string Text)
{
    /// <summary>True if an error occurred, rather than a state was found.</summary>
    public bool IsError => ExitCode is Primitives.ExitCode.Failure or Primitives.ExitCode.Pending;

    /// <summary>Gets the verdict on a state.</summary>
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
