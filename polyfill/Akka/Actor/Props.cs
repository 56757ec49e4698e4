using System.Linq.Expressions;
using System.Reflection;
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>The recipe for an actor, used for its first instance and for each restart. Immutable.</summary>
public class Props
{
    public Props(Type type, params object[] args) : this(Deploy.None, type, null, args) { }

    public Props(Type type, SupervisorStrategy supervisorStrategy, params object[] args) : this(Deploy.None, type, supervisorStrategy, args) { }

    private Props(Deploy deploy, Type type, SupervisorStrategy strategy, object[] args)
    {
        if (!typeof(ActorBase).IsAssignableFrom(type)) throw new ArgumentException($"{type} is not an actor class", nameof(type));
        (Deploy, Type, SupervisorStrategy, Arguments) = (deploy, type, strategy, args ?? []);
    }

    public Type Type { get; }
    public object[] Arguments { get; }
    public Deploy Deploy { get; }
    public SupervisorStrategy SupervisorStrategy { get; }
    public string Dispatcher => Deploy.Dispatcher == Deploy.NoDispatcherGiven ? Dispatchers.DefaultDispatcherId : Deploy.Dispatcher;
    public string Mailbox => Deploy.Mailbox;

    /// <param name="factory">Must be <c>() => new T(...)</c>; the arguments are evaluated once, now.</param>
    /// <param name="supervisorStrategy">For its children; null leaves it to the actor.</param>
    public static Props Create<TActor>(Expression<Func<TActor>> factory, SupervisorStrategy supervisorStrategy = null) where TActor : ActorBase =>
        factory.Body is NewExpression construction
            ? new Props(Deploy.None, typeof(TActor), supervisorStrategy, [.. construction.Arguments.Select(Evaluate)])
            : throw new ArgumentException("The create function must be a 'new T (args)' expression");

    public static Props Create<TActor>(params object[] args) where TActor : ActorBase => new(typeof(TActor), args);

    public static Props Create<TActor>(SupervisorStrategy supervisorStrategy) where TActor : ActorBase, new() => new(typeof(TActor), supervisorStrategy);

    public static Props Create(Type type, params object[] args) => new(type ?? throw new ArgumentNullException(nameof(type)), args);

    public Props WithDispatcher(string dispatcher) => WithDeploy(Deploy.WithDispatcher(dispatcher));
    public Props WithMailbox(string mailbox) => WithDeploy(Deploy.WithMailbox(mailbox));
    public Props WithDeploy(Deploy deploy) => new(deploy, Type, SupervisorStrategy, Arguments);
    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy) => new(Deploy, Type, supervisorStrategy, Arguments);

    public virtual ActorBase NewActor()
    {
        try
        {
            return (ActorBase)Activator.CreateInstance(Type, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, Arguments, null);
        }
        catch (TargetInvocationException e)
        {
            throw new TypeLoadException($"Error while creating actor instance of type {Type} with {Arguments.Length} args: ({string.Join(",", Arguments)})", e.InnerException);
        }
    }

    private static object Evaluate(Expression argument) => argument is ConstantExpression constant
        ? constant.Value
        : Expression.Lambda<Func<object>>(Expression.Convert(argument, typeof(object))).Compile(preferInterpretation: true)();
}
