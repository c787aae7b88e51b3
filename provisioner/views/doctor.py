"""What `doctor` finds, and what it advises: the French of each, by name. A technical cause, in English, is quoted."""

from __future__ import annotations

from provisioner.views.sentences import Words


class Found(Words):
    """How a thing is."""

    CAUSE = "Réponse : « {cause} »."

    NO_SECRET = "Le secret du compte de service n'est pas réglé."  # noqa: S105 - not a password
    KEYCLOAK_WITHOUT_TLS = "Keycloak est appelé sans TLS : les secrets et les données des personnes passent en clair."
    NO_SLASH = (
        "L'adresse de la plateforme ne finit pas par « / » : le royaume admettrait toute adresse qui commence ainsi."
    )
    NO_OUR_ADDRESSES = (
        "Les adresses d'où ce service se connecte à Keycloak ne sont pas réglées : un secret volé qui ne sert qu'à "
        "lire ne serait pas vu."
    )
    NO_ARCHIVES_REFERENCE = (
        "Aucune référence d'archives n'est réglée : détruire des archives publiques demande l'accord des archives "
        "départementales (code du patrimoine, L212-2)."
    )
    TRIAL = "La date du jour est supposée être le {day} : c'est un essai."
    SETTINGS = "{count} réglages ont une valeur ; aucun n'est inconnu."

    READER_FAILS = "Le lecteur de documents ne démarre pas : « {cause} »."
    FILTERED = "un filtre des appels système"
    NOT_FILTERED = "aucun filtre des appels système"
    LANDLOCK = "Landlock {version}"
    NO_LANDLOCK = "sans Landlock"
    WALLS = "{calls}, {landlock} et des limites"
    READER_SHUT = (
        "Documents lus dans un processus avec {walls} : toutes les issues ont été essayées, elles sont fermées."
    )
    READER_OPEN = (
        "Documents lus dans un processus avec {walls} ; un document hostile pourrait encore atteindre : {ways}."
    )
    DIRECTORY_CLOSED = "{folder} n'est pas accessible en écriture à cet utilisateur."
    DIRECTORY_ABSENT = "{folder} n'existe pas encore."
    DIRECTORY = "{folder} est accessible en écriture."
    DISK = "{free} Mio libres dans {folder}."
    FILE_SYSTEM_UNKNOWN = "Le type du système de fichiers n'est pas connu ici. SQLite en demande un local."
    FILE_SYSTEM_FAR = (
        "Le registre est sur {kind}, en réseau ou presque : les verrous de SQLite peuvent ne pas y tenir."
    )
    FILE_SYSTEM = "{kind}."

    NO_REGISTER = "Il n'y a pas encore de registre."
    DATABASE = "Le registre est lisible ({engine})."
    OTHER_REVISION = "Le registre est à la révision {found}, cette version utilise {ours}."
    REVISION = "{found}, celle que demande cette version."
    JOURNAL = "Entrées conformes : {count}. Tête : {head}"
    JOURNAL_WANTING = "Le journal n'est pas conforme : entrée {entry} ({problem})."
    LOCKED = "Un passage est en cours : « {holder} »."
    NOT_LOCKED = "Aucun passage n'est en cours."

    CLOSURES = "{partner} : clôtures en 24 heures : {figure} ; admises : {allowed}."
    PARTNERS = "Partenaires dont une annexe clôt des accès, en 24 heures : {figure} ; admis par passage : {allowed}."
    DESTRUCTIONS = "Destructions dues ce jour, faites ou à faire : {figure} ; admises : {allowed}."
    UNANNOUNCED = "Destructions dues et pas encore annoncées par une synchronisation d'un jour précédent : {count}."
    KEPT = "Conservations en cours (D7) : {count}."
    KEPT_OVERDUE = "Conservation n° {number} (D7), à revoir depuis le {on}."
    HELD = "{kind} de {whose}, âge : {days} j."
    NOTHING_HELD = "Aucun plan n'est retenu, rien n'est en pause."
    SUSPENDED = "Personnes suspendues par décision : {count}."
    NO_SYNC = "Aucune synchronisation complète n'a encore réussi."
    LAST_SYNC = "La dernière synchronisation sans échec remonte à {hours} h."
    EVENTS_NEVER_READ = "Les événements de Keycloak n'ont encore jamais été lus : aucune connexion n'est connue."
    EVENTS_READ = "Les événements de Keycloak ont été lus il y a {minutes} min."
    NOTICES_WAIT = "Avis en attente d'envoi : {count}, le plus ancien depuis le {since}."
    NOTICES_FAIL = "Avis en attente d'envoi : {count}, le plus ancien depuis le {since} : « {cause} »."
    NO_NOTICE_WAITS = "Aucun avis n'attend."
    NO_INBOX = "Il n'y a pas encore de dossier de dépôt ; provisioner serve le crée."
    INBOX_CLOSED = "Non utilisable par cet utilisateur : {folders}."
    INBOX = "Fichiers en attente dans le dossier de dépôt : {count}, le plus ancien depuis {hours} h."
    CONSUMER_DOMAIN = (
        "{partner} déclare {domains}, où n'importe qui peut avoir une adresse. Les accès ouverts restent, aucun "
        "autre n'est admis."
    )
    NO_CONTACT = "{partner} n'a pas de contact : personne n'y est avisé."
    NO_CAF_CONTACT = "La Caf n'a pas de contact : personne n'est avisé d'un plan retenu."
    NO_PROTECTION_OFFICER = (
        "Aucun délégué à la protection des données n'est enregistré : un incident ne lui serait pas dit."
    )
    NO_INCIDENT = "Aucun incident n'est ouvert."
    INCIDENT = "L'incident n° {number} est ouvert ; {delay}."
    KEPT_FOR_LONG = "Des enregistrements sont conservés depuis 6 mois pour l'incident n° {number} : à réexaminer."
    CONTACTS = "Chaque partenaire et la Caf ont les leurs."

    KEYCLOAK = "{url} répond."
    TOKEN = "Le royaume {realm} connaît {client}."  # noqa: S105 - not a password
    VERSION_HIDDEN = "Keycloak cache sa version à notre compte de service."
    VERSION = "Keycloak {version} ; au moins {least}."
    VERSION_OLD = (
        "Keycloak {version} : avant {least}, n'importe qui peut changer le mot de passe de n'importe qui "
        "(CVE-2026-18963)."
    )
    CLOCK_TOGETHER = "L'horloge de Keycloak et celle de cette machine concordent."
    CLOCK_AHEAD = "L'horloge de Keycloak avance de {seconds} s sur celle de cette machine."
    CLOCK_BEHIND = "L'horloge de Keycloak retarde de {seconds} s sur celle de cette machine."
    ROLES_LACK = "Il manque à notre compte de service : {roles}."
    ROLES_TOO_MANY = "Notre compte de service peut plus qu'il ne lui faut : {roles}."
    ROLES_UNNEEDED = "Notre compte de service a des rôles dont il n'a pas besoin : {roles}."
    ROLES = "Notre compte de service a exactement {roles}."
    OTHER_REALM = "Ce royaume n'est pas celui dans lequel ce registre a commencé."
    REALM = "C'est celui dans lequel ce registre a commencé."
    REALM_NEW = "Aucun registre ne le connaît encore."
    POLICY_WEAK = "La politique est plus faible que P1 : les ouvertures et les liens attendent."
    POLICY_IMPOSSIBLE = (
        "La politique demande plus de caractères qu'elle n'en admet : aucun mot de passe n'est possible ; les "
        "ouvertures et les liens attendent."
    )
    POLICY = "Elle demande tout ce que P1 demande."
    FORM_ON = "Le lien d'un courriel mène au formulaire de mot de passe."
    FORM_OFF = (
        "L'action UPDATE_PASSWORD est désactivée : aucun lien ne permet de créer un mot de passe ; les ouvertures "
        "et les liens attendent."
    )
    NO_ADMIN_EVENTS = (
        "Les événements d'administration ne sont pas gardés : on ne pourrait savoir si un courriel interrompu est "
        "parti, il partirait de nouveau."
    )
    NO_EVENTS = "Les événements de connexion ne sont pas gardés : aucune connexion ne peut être signalée."
    EVENTS_SHORT = (
        "Keycloak ne garde ses événements que {days} j : une lecture arrêtée plus longtemps en perdrait, sans remède."
    )
    EVENTS = "Les événements de connexion et d'administration sont gardés."
    REALM_MAIL = "Keycloak envoie les liens par {server}."
    NO_REALM_MAIL = "Le royaume n'a pas de serveur de courriel ou pas d'expéditeur : aucun lien ne peut partir."
    BRUTE_FORCE = "Un compte est bloqué pour un temps après {failures} échecs."
    BRUTE_FORCE_WANTING = "Protection contre les essais répétés : {problems}."
    BRUTE_FORCE_OFF = "les mots de passe peuvent être essayés sans fin"
    BRUTE_FORCE_LONG = "{failures} échecs sont admis"
    BRUTE_FORCE_FOR_GOOD = "le blocage est définitif, ce qui se lit comme une suspension à la main"
    BRUTE_FORCE_SECOND = "les échecs d'un second facteur désactivent le compte"
    GROUP_GIVES = "Le groupe {group} donne {roles}."
    GROUP_UNSEEN = "Le groupe {group} donne {roles}, dont le contenu nous est caché."
    NO_PARTNER_GROUP_GIVES = (
        "Ni les groupes des partenaires, ni celui qui les contient ne donnent de rôle d'administration."
    )
    NO_GROUP_GIVES = "Aucun groupe du royaume ne donne de rôle d'administration."
    PROFILE_ASKS_MORE = (
        "Le profil des utilisateurs exige d'un compte plus que les nôtres n'ont : {attributes}. Keycloak peut "
        "refuser d'en désactiver, et un accès à clôturer resterait ouvert."
    )
    PROFILE_DIFFERS = "Certains de nos attributs manquent ou ont changé : {attributes}."
    PROFILE = "Il n'exige rien que nos comptes n'aient."
    ACCOUNTS = "Comptes lus : {read} ; accès ouverts : {open} ; changements à faire : {changes}."
    DRIFT = "« {kind} » : {count}."
    FORGOTTEN = "Comptes qui portent notre marque et que le registre ne connaît pas : {count}."

    MAIL_UNSET = "Les avis ne peuvent pas partir : {lacking} sans valeur."
    MAIL = "{where} répond (TLS : {tls}). Rien n'a été envoyé."
    MAIL_WITHOUT_TLS = (
        "Les courriels vont au serveur de courriel sans TLS : les liens et les données des personnes passent en "
        "clair."
    )

    BACKUPS = "Les sauvegardes sont chiffrées pour la clé de {month} ; la liste des destructions est tenue."
    BACKUPS_CLEAR = "Les sauvegardes ne sont pas chiffrées : ce qui est détruit ensuite y reste lisible."
    NO_RECIPIENT = "Aucune clé publique n'est prévue pour {month} : les sauvegardes sont refusées."
    KEY_OVERDUE = "La clé privée {key} ({month}) devait être détruite au plus tard le {day}."
    PRIVATE_KEY = "Une clé privée de sauvegarde se trouve sur cette machine : {file}."
    NO_LIST = "La liste des destructions n'est pas tenue hors des sauvegardes : une reprise ramènerait des données."
    LIST_INSIDE = "La liste des destructions est dans le répertoire de données, et serait perdue avec lui : {file}."
    LIST_CLOSED = "La liste des destructions ne peut pas être écrite : {file}."
    PUT_BACK_BY_HAND = "Une sauvegarde a été remise en place à la main : la liste des destructions va plus loin."
    REPLACED_REGISTER = "Un registre remplacé par une reprise est encore là : {file}."


class Todo(Words):
    """What to do where a thing is not well."""

    SET_RECIPIENTS = "Réglez {setting} : une clé publique age par mois (docs/backup.md)."
    MEND_RECIPIENTS = "Complétez ou corrigez le fichier de {setting} : « 2026-09 age1… », une ligne par mois."
    DESTROY_KEY = "Détruisez-la, puis : provisioner backup destroyed --key {key} --on DATE --by NOM."
    TAKE_KEY_AWAY = "Retirez-la de cette machine et ne vous servez plus de cette clé : elle est compromise."
    SET_LIST = "Réglez {setting} sur un fichier d'un autre disque ou d'une autre machine, où ce service peut écrire."
    TELL_RESTORE = "Arrêtez le service, puis provisioner restore (PostgreSQL : --after-pg-restore) : docs/backup.md."
    DESTROY_REPLACED = "Détruisez ce fichier dès que la reprise est vérifiée : il contient des données personnelles."

    SET = "Réglez {settings}."
    SET_HTTPS = "Réglez {setting} sur une adresse https://, à moins que ce réseau ne soit qu'à vous."
    SET_SLASH = "Réglez {setting} avec « / » à la fin, puis provisioner realm apply."
    SET_OUR_ADDRESSES = "Réglez {setting} : adresses ou réseaux, séparés par des virgules (docs/connections.md)."
    SET_ARCHIVES_REFERENCE = "Demandez cet accord, puis réglez {setting} (docs/attestations.md)."
    UNSET_TODAY = "Retirez {setting} pour la mise en service."
    READ_EVENTS = "Laissez tourner provisioner serve, qui les lit, ou lancez provisioner connections pull."
    START_READER = "Sans lui aucun document ne peut être lu : ce processus a-t-il le droit d'en lancer un autre ?"
    SHUT_READER = "Utilisez un noyau avec seccomp, en x86_64 ou aarch64, et laissez passer prctl et landlock_*."
    OPEN_DIRECTORY = "Donnez à cet utilisateur le droit d'écrire dans {folder}, ou réglez {setting}."
    MADE_BY_ITSELF = "La première commande qui en a besoin le crée."
    MAKE_ROOM = "Faites de la place : ce qui ne peut pas être enregistré n'est pas fait."
    LOCAL_DISK = "Mettez {directory} sur un disque local, ou utilisez PostgreSQL ({database})."
    SEE_DATABASE = "Voyez {database} et {directory} ; pour remettre une copie : docs/backup.md."
    NEWER_VERSION = "Utilisez la version du logiciel qui l'a créé, ou une plus récente."
    BACK_UP = "Sauvegardez-le (provisioner backup) ; toute autre commande le met à cette version."
    KEEP_JOURNAL = "Gardez tout en l'état et cherchez la cause : docs/journal.md."
    RELEASE = "La prochaine annexe qui clôt un accès est retenue : provisioner plan FICHIER, puis held release."
    SYNC_DESTROYS = "La synchronisation d'un prochain jour les fait : provisioner sync, ou le service."
    LOOK_AT_KEPT = (
        "Voyez provisioner retention list, puis provisioner retention hold (de nouveau) ou provisioner retention "
        "release {number} --by NOM --reason MOTIF."
    )
    LOOK_AT_HELD = "Voyez provisioner held list, puis {command}."
    SYNC_OR_SERVE = "Lancez provisioner sync, ou vérifiez que provisioner serve fonctionne."
    SYNC_SENDS = "provisioner sync les tente de nouveau ; leur dernière erreur est dans le journal technique."
    OPEN_INBOX = "Donnez-lui le droit d'y lire et d'y écrire : docs/service.md."
    SERVE_RUNS = "provisioner serve fonctionne-t-il ? /health/ready dit quelles tâches échouent."
    DECLARE_ADDRESSES = "Déclarez plutôt l'adresse exacte de chaque personne : {command}"
    RECORD_CONTACTS = "provisioner partner contacts {partner} …, d'après son annexe 2."
    RECORD_PROTECTION_OFFICER = (
        "provisioner caf contacts …, avec --protection-donnees et tous les autres : l'annexe 3 est remplacée entière."
    )
    LOOK_AT_INCIDENT = "provisioner incident show {number}, puis provisioner incident update ou close {number}."
    RECORD_CAF_CONTACTS = "provisioner caf contacts …, d'après l'annexe 3."
    APPLY = "provisioner realm apply, avec le compte de l'administrateur, le remet en ordre."
    ANSWERS = "Vérifiez que {url} répond, ou réglez {setting}."
    CREDENTIALS = "Voyez {settings}, ou provisioner realm apply."
    RUN_AGAIN = "Recommencez quand Keycloak répond ; rien n'est perdu d'ici là."
    VERSION_AT_LEAST = "Vérifiez qu'elle est au moins {least}, ou réglez {settings}."
    UPGRADE = "Passez à la dernière correction de Keycloak 26.7, aujourd'hui même."
    SET_CLOCKS = "Réglez les horloges des deux machines sur les mêmes serveurs de temps."
    RIGHT_REALM = (
        "Réglez {settings} sur le bon royaume : rien n'est écrit dans celui-ci. S'il a été refait : provisioner "
        "realm accept."
    )
    TAKE_ROLE_OFF = (
        "Retirez ce rôle au groupe {group} : qui gère les utilisateurs pourrait le donner à n'importe qui."
    )
    RUN_AS_ADMINISTRATOR = "Lancez doctor une fois avec {settings}."
    LOOSEN_PROFILE = (
        "Dans la console (Realm settings, User profile), rendez-le facultatif et retirez-en le validateur ; "
        "provisioner realm apply remet ce qui est à nous. Puis provisioner sync."
    )
    PLAN_TELLS = "Qui : provisioner plan. Ce qui en est fait : docs/safety.md."
    APPLY_AGAIN = (
        "Un registre plus ancien a-t-il été remis ? Appliquez alors de nouveau ce qui est venu depuis : "
        "docs/backup.md."
    )
    SET_MAIL = "Réglez {settings}. Ce qui est dû attend."
    SEE_MAIL = "Voyez le serveur de courriel et {settings}. Ce qui est dû attend."
    SET_MAIL_TLS = (
        "Réglez {setting} sur starttls ou implicit, à moins que ce réseau ne soit qu'à vous ; puis provisioner "
        "realm apply."
    )
