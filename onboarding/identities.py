"""What people read when it could not be proven who they are; see `onboarding/messages.py`."""

from onboarding.wording import Message

IDENTITY = {
    "identity.issuer-away": Message(
        "Who you are could not be checked",
        "The system that vouches for you gave no answer that can be used. Nobody is let in on "
        "trust meanwhile.",
        "Try again in a minute. If it lasts, tell the operators.",
    ),
    "connection.trial-under-way": Message(
        "A connection is being tested already",
        "One person tests one connection at a time, and a process only a few at once. A test ends "
        "by itself within half a minute.",
        "Wait until it has ended, then test again.",
    ),
    "identity.expired": Message(
        "This sign-in is over",
        "It took longer than ten minutes, was used before, or began in another browser. "
        "Nobody was signed in.",
        "Begin again on the sign-in page, and do not go back in between.",
    ),
    "identity.provider-refused": Message(
        "Your organisation's sign-in let nobody in",
        "Its own code stands below. Nobody was signed in here.",
        "Begin again. If it lasts, ask those who look after your organisation's accounts.",
    ),
    "identity.token-refused": Message(
        "Who you are could not be proven",
        "What your organisation's sign-in sent does not hold; the check that failed stands below. "
        "Nobody was signed in.",
        "Begin again. If it lasts, tell the operators the code and the time.",
    ),
    "identity.groups-untold": Message(
        "You are in too many groups",
        "Your organisation's sign-in leaves out groups when they are too many, so what you may do "
        "here is not known. Nobody was signed in.",
        "An operator has to let it send only the groups that this portal needs.",
    ),
    "identity.not-admitted": Message(
        "Your account is not meant for this portal",
        "You are in no group whose members may use it. Nobody was signed in.",
        "Ask the operators which group that is, and ask to join it.",
    ),
    "identity.person-off": Message(
        "Your account is switched off here",
        "An operator has switched it off. What you did stays.",
        "Ask an operator to switch it on.",
    ),
    "identity.other-person": Message(
        "Somebody else has signed in",
        "You were asked to prove that you are still there. Nothing was decided.",
        "Go back, and sign in with your own account.",
    ),
    "identity.not-fresh": Message(
        "Sign in afresh first",
        "You signed in a while ago, and approvals ask for a fresh sign-in. Nothing was decided.",
        "Open the approval in a browser; it leads you to your organisation's sign-in.",
    ),
    "identity.local-accounts-off": Message(
        "Passwords of this portal open nothing",
        "People sign in through their organisation. Nobody was signed in.",
        "Go back to the sign-in page, and choose your organisation.",
    ),
}
