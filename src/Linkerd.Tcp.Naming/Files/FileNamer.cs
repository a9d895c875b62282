using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming.Binding;
using Linkerd.Tcp.Naming.Files;
using Linkerd.Tcp.Naming.Namers;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Resolves names that are files of a directory: <c>/#/io.l5d.fs/&lt;directory&gt;/&lt;file&gt;</c>, in any depth; further labels are the residual. A line of a file is
/// <c>HOST PORT</c> or <c>HOST PORT * WEIGHT</c>; <c>#</c> begins a comment. A file that does not exist is a negative name, so that an alternative is used; one
/// without a line is bound to nothing; one with a malformed line, or with hosts of which none resolves, is failed, and the last good set stays.
/// Members may be called from any thread. Nothing is observed before a name is looked up; all names share one watch of the directory. The first look at a name reads its file on the caller's thread.
/// </summary>
/// <remarks>
/// linkerd's <c>io.l5d.fs</c>. Unlike it, a file that is renamed over another from another directory is noticed, hosts are looked up repeatedly and
/// keep their last addresses, and a file is only applied when it has settled (<see cref="FileNamerOptions.SettleTime"/>). The whole content of a
/// file should still be replaced by renaming. No label leads out of the directory; a symbolic link in it may.
/// </remarks>
public sealed class FileNamer : Namer
{
    private readonly FileTree _tree;
    private readonly SharedLeaves _hosts;

    /// <summary>Initializes a namer. The directory need not exist yet; nothing is read before a name is looked up.</summary>
    /// <param name="directory">The directory; a relative path is resolved against the current directory.</param>
    /// <param name="options">The options, which are copied; null for the defaults.</param>
    /// <exception cref="ArgumentException">The directory is an empty text, or not a path.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public FileNamer(string directory, FileNamerOptions? options = null)
        : this(directory, options ?? new(), LocalFileSystem.Instance)
    {
    }

    internal FileNamer(string directory, FileNamerOptions options, IFileSystem files)
        : base(options.Prefix ?? DstPath.Root)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);

        // A name without a prefix is not valid.
        options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        Directory = Path.GetFullPath(directory);
        _tree = new FileTree(Directory, options, files);
        _hosts = new SharedLeaves(new InetNamer(
            new HostResolverOptions
            {
                HostLookup = options.HostLookup,
                RefreshInterval = options.HostRefreshInterval,
                LookupTimeout = options.HostLookupTimeout,
                TimeProvider = options.TimeProvider,
                Random = options.Random,
                Logger = options.Logger,
            },
            InetName.Prefix).WatchAsync);
    }

    /// <summary>Gets the full path of the directory.</summary>
    public string Directory { get; }

    /// <summary>Returns the prefix and the directory, for a log.</summary>
    public override string ToString() => $"{Prefix} ({Directory})";

    /// <inheritdoc/>
    public override NamerLookup Lookup(DstPath name, Action changed) => new FileLookup(Prefix, name, _tree.Observe(LabelsOf(name), withContent: false, changed));

    /// <inheritdoc/>
    public override async IAsyncEnumerable<Resolution> WatchAsync(DstPath id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var signal = new AsyncSignal();
        using var observer = _tree.Observe(LabelsOf(id), withContent: true, signal.Ring);
        using var hosts = new FileHosts(_hosts, signal.Ring);
        Resolution? last = null;
        while (true)
        {
            var state = Resolve(id, observer.Current, hosts);
            if (!state.Equals(last))
            {
                last = state;
                yield return state;
            }

            await signal.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static Resolution Resolve(DstPath id, FileSlot place, FileHosts hosts) => place switch
    {
        { State.Kind: FileKind.Unknown } => Resolution.Pending.Instance,
        { State: { Kind: FileKind.Broken, Error: var error } } => new Resolution.Failed($"{id}: {error}"),
        { IsFile: false } => Resolution.Negative.Instance,
        { State.Error: { } error } => new Resolution.Failed($"{id}: {error}"),
        { State.Content.Error: { } error } => new Resolution.Failed(error),
        { State.Content: { } content } => hosts.Resolve(content),
        _ => Resolution.Pending.Instance,
    };

    // A label that is not the name of a file leads nowhere, but the labels after a file's own are the residual, and may be anything.
    private string?[] LabelsOf(DstPath name)
    {
        var labels = new string?[name.Count - Prefix.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = FileLabels.FileNameOf(name[Prefix.Count + i]);
        }

        return labels;
    }
}
