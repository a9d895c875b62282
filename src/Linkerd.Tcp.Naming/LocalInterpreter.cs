using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming.Binding;
using Linkerd.Tcp.Naming.Delegation;
using Linkerd.Tcp.Naming.Namers;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Represents the embedded interpreter: it resolves names without any control plane, by a dtab and namers, as linkerd 1.x does. Built in are
/// <c>/$/inet/&lt;host&gt;/&lt;port&gt;</c> (an address, or a host name with all of its addresses, looked up again every few seconds),
/// <c>/$/inet/&lt;port&gt;</c> (127.0.0.1), <c>/$/fixedinet</c> (the same, looked up once), <c>/$/inets/&lt;host&gt;/&lt;port&gt;/&lt;host&gt;/&lt;port&gt;...</c>
/// (the addresses of several hosts as one set), <c>/$/nil</c> (exists, and has no address) and
/// <c>/$/fail</c> (does not exist). Changes of the dtab, and of the state that the namers observe, reach every watch at once.
/// Members may be called from any thread; watches of the same leaf share their lookups.
/// </summary>
/// <remarks>
/// Lookup and binding are Finagle's <c>Dtab.lookup</c> and <c>Namer.bind</c>, within a budget of 10,000 steps a binding; the built-in names are those of its
/// <c>Namer.global</c>, IPv6 addresses are an addition.
/// </remarks>
public sealed partial class LocalInterpreter : IResolver, IInterpreter, IDelegator
{
    // The time for which namerd waits for its namers.
    private static readonly TimeSpan DelegationTimeout = TimeSpan.FromSeconds(2);

    private readonly LocalInterpreterOptions _options;
    private readonly FrozenDictionary<DstPath, NameTree> _names;
    private readonly NamerSet _namers;
    private readonly InterpreterResolver _resolver;
    private readonly Lock _lock = new();
    private readonly HashSet<AsyncSignal> _watches = [];
    private Dtab _dtab;

    /// <summary>Initializes an interpreter. Nothing is looked up before a name is watched.</summary>
    /// <param name="options">The options, which are copied; null for the defaults.</param>
    /// <param name="names">Additional names, and the tree of each; they come before the dtab.</param>
    /// <exception cref="NameBindingException">A leaf of a tree can never bind.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public LocalInterpreter(LocalInterpreterOptions? options = null, IReadOnlyDictionary<DstPath, NameTree>? names = null)
    {
        _options = OptionsValidator.Validated((options ?? new()).Copy(), static (options, validator) => options.Validate(validator));
        _options.Logger = LoggerGuard.Guard(_options.Logger);
        _names = (names ?? FrozenDictionary<DstPath, NameTree>.Empty).ToFrozenDictionary();
        _namers = new NamerSet(_options.Namers, new HostResolverOptions
        {
            RefreshInterval = _options.RefreshInterval,
            LookupTimeout = _options.LookupTimeout,
            HostLookup = _options.HostLookup,
            TimeProvider = _options.TimeProvider,
            Random = _options.Random,
            Logger = _options.Logger,
        });
        _resolver = new InterpreterResolver(this);
        _dtab = _options.Dtab;
        foreach (var tree in _names.Values)
        {
            Validate(tree);
        }
    }

    /// <summary>Gets or sets the dtab that names are bound by. Setting it binds every watched name again.</summary>
    public Dtab Dtab
    {
        get => Volatile.Read(ref _dtab);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            lock (_lock)
            {
                Volatile.Write(ref _dtab, value);
                foreach (var watch in _watches)
                {
                    watch.Ring();
                }
            }
        }
    }

    /// <summary>Checks that a name can be bound here, as far as this is possible without a lookup.</summary>
    /// <exception cref="NameBindingException">It can never bind; the message contains the expected form.</exception>
    public void Validate(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Validate(TreeOf(name));
    }

    /// <summary>Checks that every leaf of a tree can be bound here, as far as this is possible without a lookup.</summary>
    /// <exception cref="NameBindingException">A leaf can never bind; the message contains the expected form.</exception>
    public void Validate(NameTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        var dtab = Dtab;
        foreach (var name in tree.Leaves().Where(name => dtab.FindLast(name, dtab.Entries.Length) < 0))
        {
            // With a dtab, or with custom namers, a name that leads nowhere now may lead somewhere later.
            var namers = _namers.For(name).ToList();
            var problem = namers.Count > 0 ? namers[0].Check(name)
                : dtab.Entries.IsEmpty && _options.Namers.Count == 0 ? NamerSet.Explain(name)
                : NamerSet.Unknown(name) is NameBinding.Failed ? NamerSet.Explain(name)
                : null;
            if (problem is not null)
            {
                throw problem;
            }
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _resolver.WatchAsync(name, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<NameBinding> BindAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return WatchBindingAsync(name, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Resolution> ResolveIdAsync(DstPath id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        return _namers.For(id).FirstOrDefault()?.WatchAsync(id, cancellationToken) ?? new Resolution[] { Resolution.Negative.Instance }.ToAsyncEnumerable();
    }

    /// <inheritdoc/>
    /// <remarks>Waits for namers that have not answered yet, for 2 s at most; a namer without an answer then is a <see cref="DelegateTree.Pending"/>.</remarks>
    public async Task<DelegateTree> DelegateAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        using var timeout = new CancellationTokenSource(DelegationTimeout, _options.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var signal = new AsyncSignal();
        using var lookups = new LookupSet(_namers, signal.Ring);
        while (true)
        {
            var delegator = new LocalDelegator(Dtab, lookups.Ask);
            var tree = _names.TryGetValue(name, out var own) ? delegator.Delegate(name, own) : delegator.Delegate(name);
            lookups.EndRound();
            if (!delegator.IsPending || timeout.IsCancellationRequested)
            {
                return tree;
            }

            try
            {
                await signal.WaitAsync(stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // One more look, at answers that have come in the meantime.
            }
        }
    }

    /// <summary>Returns a description for a log.</summary>
    public override string ToString() => "the embedded interpreter";

    private async IAsyncEnumerable<NameBinding> WatchBindingAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tree = TreeOf(name);
        var signal = new AsyncSignal();
        lock (_lock)
        {
            _watches.Add(signal);
        }

        using var lookups = new LookupSet(_namers, signal.Ring);
        try
        {
            NameBinding? last = null;
            while (true)
            {
                var binding = new TreeBinder(Dtab, lookups.Ask).Bind(tree);
                lookups.EndRound();
                if (binding != last)
                {
                    Report(name, binding);
                    last = binding;
                    yield return binding;
                }

                await signal.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_lock)
            {
                _watches.Remove(signal);
            }
        }
    }

    private void Report(DstPath name, NameBinding binding)
    {
        if (binding is NameBinding.Failed failed)
        {
            Log.BindingFailed(_options.Logger, name, failed.Error);
        }
        else
        {
            Log.Binding(_options.Logger, name, binding);
        }
    }

    private NameTree TreeOf(DstPath name) => _names.TryGetValue(name, out var tree) ? tree : new NameTree.Leaf(name);

    private static partial class Log
    {
        [LoggerMessage(2050, LogLevel.Debug, "{Name} is {Binding}", EventName = "NameBound")]
        public static partial void Binding(ILogger logger, DstPath name, NameBinding binding);

        [LoggerMessage(2051, LogLevel.Warning, "{Name} cannot be bound: {Error}", EventName = "NameCannotBind")]
        public static partial void BindingFailed(ILogger logger, DstPath name, string error);
    }
}
