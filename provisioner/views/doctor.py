"""What `doctor` finds, and what it advises: the French of each, by name. A technical cause, in English, is quoted."""

from __future__ import annotations

from provisioner.views import hints
from provisioner.views.sentences import Words


class Found(Words):
    """How a thing is."""

    CAUSE = "Réponse : « {cause} »."

    NO_SECRET = "Ni la clé ni le secret du compte de service ne sont réglés."  # noqa: S105 - not a password
    SECRET_UNUSED = "La clé du compte de service est réglée : son secret ne sert plus."  # noqa: S105
    KEY_FOR_ALL = "La clé privée {file} peut être lue par tout utilisateur de cette machine."
    KEYCLOAK_WITHOUT_TLS = "Keycloak est appelé sans TLS : les secrets et les données des personnes passent en clair."
    NO_SLASH = (
        "L'adresse de la plateforme ne finit pas par « / » : le royaume admettrait toute adresse qui commence ainsi."
    )
    NO_PRIVACY_URL = (
        "L'adresse des mentions d'information (D6) n'est pas réglée : la page de connexion n'y mène pas, le premier "
        "courriel renvoie à la plateforme."
    )
    NO_OUR_ADDRESSES = (
        "Les adresses d'où ce service se connecte à Keycloak ne sont pas réglées : un secret volé qui ne sert qu'à "
        "lire ne serait pas vu."
    )
    NO_ARCHIVES_REFERENCE = (
        "Aucune référence d'archives n'est réglée : détruire des archives publiques demande l'accord des archives "
        "départementales (code du patrimoine, L212-2)."
    )
    NO_OTHER_BACKUPS = (
        "La durée de garde des sauvegardes du serveur et de la base de Keycloak n'est pas réglée : chaque "
        "attestation de destruction le dira, et ne se refait pas (D3)."
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
        "Le registre est sur {kind}, en réseau ou assimilé : les verrous de SQLite peuvent ne pas y tenir."
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
    HELD = "{kind} ({whose}), depuis {days} j."
    NOTHING_HELD = "Aucun plan n'est en suspens, rien n'est en pause."
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
    NO_CAF_CONTACT = "La Caf n'a pas de contact : personne n'est avisé d'un plan en suspens."
    NO_PROTECTION_OFFICER = (
        "Aucun délégué à la protection des données n'est enregistré : il ne serait pas averti d'un incident."
    )
    NOTICE_DAYS = "Le délai de préavis est enregistré pour chaque convention en cours."
    NO_NOTICE_DAYS = (
        "Le délai de préavis avant une reconduction tacite n'est pas enregistré : {partners}. La Caf n'en est pas "
        "avertie."
    )
    CAF_REVIEW = "La revue annuelle des accès de la Caf (V4) est due le {on}."
    CAF_REVIEW_LATE = (
        "La revue annuelle des accès de la Caf (V4) était due le {on} : {days} j de retard, lignes non signées : "
        "{unsigned}."
    )
    NO_INCIDENT = "Aucun incident n'est ouvert."
    NO_REVIEW_LATE = "Aucune revue annuelle n'est en retard."
    NO_DOCUMENT_LATE = "Aucun document demandé à un partenaire n'est en retard."
    DOCUMENT_LATE = "Le document n° {number}, demandé au partenaire {partner}, est en retard de {days}."
    REVIEW_LATE = "La revue annuelle {partner:de} est en retard de {days}."
    INCIDENT = "L'incident n° {number} est ouvert ; {delay}."
    KEPT_FOR_LONG = "Des enregistrements sont conservés depuis 6 mois pour l'incident n° {number} : à réexaminer."
    CONTACTS = "Chaque partenaire et la Caf ont les leurs."

    KEYCLOAK = "{url} répond."
    TOKEN = "Le royaume {realm} connaît {client}."  # noqa: S105 - not a password
    VERSION_HIDDEN = "Keycloak cache sa version à notre compte de service."
    VERSION = "Keycloak {version} ; au moins {least}."
    VERSION_OLD = (
        "Keycloak {version} : avant {least}, des failles connues restent ouvertes ; avant 26.7.2, n'importe qui peut "
        "changer le mot de passe de n'importe qui (CVE-2026-18963)."
    )
    CLOCK_TOGETHER = "L'horloge de Keycloak et celle de cette machine concordent."
    CLOCK_AHEAD = "L'horloge de Keycloak avance de {seconds} s sur celle de cette machine."
    CLOCK_BEHIND = "L'horloge de Keycloak retarde de {seconds} s sur celle de cette machine."
    ROLES_LACK = "Il manque à notre compte de service : {roles}."
    ROLES_TOO_MANY = "Notre compte de service peut plus qu'il ne lui faut : {roles}."
    ROLES_UNNEEDED = "Notre compte de service a des rôles dont il n'a pas besoin : {roles}."
    ROLES = "Notre compte de service a exactement {roles}."
    OTHER_REALM = "Ce royaume n'est pas celui de ce registre."
    REALM = "C'est celui de ce registre."
    REALM_NEW = "Aucun registre ne le connaît encore."
    AS_FILES = "Le royaume est tel que le veulent nos fichiers, pour ce qui a pu en être contrôlé."
    THEME = "Les pages et les courriels de Keycloak sont ceux du thème prévu."
    NO_THEME = (
        "Les pages ou les courriels de Keycloak ne sont pas ceux du thème prévu : les personnes sont moins bien "
        "guidées."
    )
    OTHER_THAN_FILES = "Écarts entre le royaume et nos fichiers : {count}, dont graves : {grave}."
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
    REALM_MAIL = "Keycloak envoie les liens par {server} (TLS : {tls})."
    REALM_MAIL_WITHOUT_TLS = (
        "Keycloak s'adresse à {server} sans TLS : les liens qui donnent un mot de passe, et le mot de passe que ce "
        "serveur demande peut-être, passent en clair."
    )
    REALM_MAIL_STARTTLS = (
        "Keycloak s'adresse à {server} par STARTTLS : si cette proposition est effacée en chemin, il envoie les "
        "liens en clair, sans le dire."
    )
    NO_REALM_MAIL = "Le royaume n'a pas de serveur de messagerie ou pas d'expéditeur : aucun lien ne peut partir."
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
    ADMINISTERS = "{name} peut administrer ce royaume : {grants}."
    ADMINISTERS_OFF = "{name}, dont le compte est désactivé, pourrait administrer ce royaume : {grants}."
    NOBODY_ADMINISTERS = "Aucun compte de ce royaume ne l'administre, à part notre compte de service."
    ADMINISTER_FROM_MASTER = "Depuis le royaume master, peuvent l'administrer : {names}."
    EVERYBODY_ADMINISTERS = (
        "Tout nouveau compte du royaume {realm} reçoit un rôle d'administration, par {name} : {roles}."
    )
    NO_WEB_SECRET = "La page des gestionnaires a une adresse, mais pas de secret."  # noqa: S105 - a sentence
    NO_AGENTS_REALM = "Le royaume des agents de la Caf n'existe pas."
    AGENTS_UNSEEN = "Le royaume des agents de la Caf n'a pas été contrôlé : le compte de service n'y a aucun droit."
    OFFICERS = "Gestionnaires qui peuvent se connecter (mot de passe et second facteur) : {count}."
    MASTER_TRIES = "Royaume master : les essais répétés de mots de passe y sont freinés."
    MASTER_TRIES_OFF = (
        "Royaume master : les mots de passe des administrateurs de Keycloak peuvent y être essayés sans fin."
    )
    MASTER_POLICY = "Royaume master : la politique de mot de passe demande au moins tout ce que P1 demande."
    MASTER_POLICY_WEAK = "Royaume master : la politique de mot de passe y est plus faible que P1."
    MASTER_EVENTS = "Royaume master : les connexions et les actes des administrateurs y sont gardés."
    MASTER_BLIND = "Royaume master : ne sont pas gardés : {kinds}."
    MASTER_NO_EVENTS = "les connexions des administrateurs"
    MASTER_NO_ADMIN_EVENTS = "leurs actes"
    MASTER_SECOND_FACTOR = "Royaume master : à aucun administrateur le mot de passe seul ne suffit."
    MASTER_ONE_FACTOR = (
        "Royaume master : comptes de personnes qui administrent notre royaume : {all}, auxquels le mot de passe seul "
        "suffit : {count}."
    )
    MASTER_NO_TEMPORARY = "Royaume master : il n'y reste aucun administrateur provisoire."
    MASTER_TEMPORARY = "Royaume master : administrateurs provisoires de la mise en place qui y restent : {count}."
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
        "Les avis vont au serveur de messagerie sans TLS : les données des personnes, et le mot de passe que ce "
        "serveur demande peut-être, passent en clair."
    )

    BACKUPS = "Les sauvegardes sont chiffrées pour la clé de {month} ; la liste des destructions est tenue."
    BACKUPS_CLEAR = "Les sauvegardes ne sont pas chiffrées : ce qui est détruit ensuite y reste lisible."
    NO_RECIPIENT = "Aucune clé publique n'est prévue pour {month} : les sauvegardes sont refusées."
    KEY_OVERDUE = "La clé privée {key} ({month}) devait être détruite au plus tard le {day}."
    PRIVATE_KEY = "Une clé privée de sauvegarde se trouve sur cette machine : {file}."
    NO_LIST = (
        "La liste des destructions n'est pas tenue hors des sauvegardes : une restauration ramènerait des données."
    )
    LIST_INSIDE = "La liste des destructions est dans le répertoire de données, et serait perdue avec lui : {file}."
    LIST_CLOSED = "La liste des destructions ne peut pas être écrite : {file}."
    PUT_BACK_BY_HAND = "Une sauvegarde a été restaurée à la main : la liste des destructions va plus loin."
    REPLACED_REGISTER = (
        "Un registre remplacé par une restauration, ou une copie inachevée, est encore là : {file}. Un passage "
        "détruit le premier au bout de {days} jours si aucune conservation n'est en cours (D7), l'autre au bout "
        "d'un jour."
    )


class Todo(Words):
    """What to do where a thing is not well."""

    SET_RECIPIENTS = "Réglez {setting} : une clé publique age par mois (docs/backup.md)."
    MEND_RECIPIENTS = "Complétez ou corrigez le fichier de {setting} : « 2026-09 age1… », une ligne par mois."
    DESTROY_KEY = 'Détruisez-la, puis : provisioner backup destroyed --key {key} --on DATE --by "NOM"'
    TAKE_KEY_AWAY = (
        "Retirez-la de cette machine et ne vous servez plus de cette clé, compromise : mettez-en une autre pour ce "
        "mois dans le fichier des destinataires, et détruisez celle-ci à son jour comme les autres."
    )
    SET_LIST = "Réglez {setting} sur un fichier d'un autre disque ou d'une autre machine, où ce service peut écrire."
    TELL_RESTORE = "Arrêtez le service et restaurez la copie par la commande restore : docs/backup.md."
    DESTROY_REPLACED = "Détruisez-le dès que la restauration est vérifiée : il contient des données personnelles."

    SET = "Réglez {settings}."
    UNSET_SECRET = "Retirez {setting}."  # noqa: S105
    MAKE_KEY = "provisioner realm key en crée une là où {setting} l'indique."
    CLOSE_KEY = "chmod o-rwx {file} ; si quelqu'un a pu la lire, remplacez-la (docs/production.md)."
    SET_HTTPS = "Réglez {setting} sur une adresse https://, à moins que ce réseau ne soit qu'à vous."
    SET_SLASH = "Réglez {setting} avec « / » à la fin, puis provisioner realm apply"
    SET_PRIVACY_URL = (
        "Publiez-les (provisioner caf mentions --output FICHIER), réglez {setting} sur leur adresse, puis "
        "provisioner realm apply"
    )
    SET_OUR_ADDRESSES = "Réglez {setting} : adresses ou réseaux, séparés par des virgules (docs/connections.md)."
    SET_ARCHIVES_REFERENCE = "Demandez cet accord, puis réglez {setting} (docs/attestations.md)."
    SET_OTHER_BACKUPS = "Demandez-la à l'hébergeur, puis réglez {setting}, en jours (docs/attestations.md)."
    UNSET_TODAY = "Retirez {setting} pour la mise en service."
    READ_EVENTS = "Laissez tourner provisioner serve, qui les lit, ou lancez provisioner connections pull"
    START_READER = "Sans lui aucun document ne peut être lu : ce processus a-t-il le droit d'en lancer un autre ?"
    SHUT_READER = "Utilisez un noyau avec seccomp, en x86_64 ou aarch64, et laissez passer prctl et landlock_*."
    OPEN_DIRECTORY = "Donnez à cet utilisateur le droit d'écrire dans {folder}, ou réglez {setting}."
    MADE_BY_ITSELF = "La première commande qui en a besoin le crée."
    MAKE_ROOM = "Faites de la place : ce qui ne peut pas être enregistré n'est pas fait."
    LOCAL_DISK = "Mettez {directory} sur un disque local, ou utilisez PostgreSQL ({database})."
    SEE_DATABASE = "Voyez {database} et {directory} ; pour restaurer une copie : docs/backup.md."
    NEWER_VERSION = "Utilisez la version du logiciel qui l'a créé, ou une plus récente."
    BACK_UP = "Sauvegardez-le (provisioner backup --output FICHIER) ; toute autre commande le met à cette version."
    KEEP_JOURNAL = "Gardez tout en l'état et cherchez la cause : docs/journal.md."
    RELEASE = (
        "La prochaine annexe qui clôt un accès est retenue : provisioner plan FICHIER --partner CODE, puis "
        + hints.release("PLAN")
    )
    SYNC_DESTROYS = "La synchronisation d'un prochain jour les fait : provisioner sync, ou le service."
    LOOK_AT_KEPT = (
        "Toutes : provisioner retention list ; pour la prolonger, décidez-en une nouvelle avant de lever celle-ci : "
        'provisioner retention release {number} --by "NOM" --reason "MOTIF"'
    )
    REVIEW_CAF = 'provisioner review caf, puis provisioner review caf --sign --by "NOM".'
    LOOK_AT_HELD = "Voyez provisioner held list, puis {command}"
    SYNC_OR_SERVE = "Lancez provisioner sync, ou vérifiez que provisioner serve fonctionne."
    SYNC_SENDS = "provisioner sync les tente de nouveau ; leur dernière erreur est dans le journal technique."
    OPEN_INBOX = "Donnez-lui le droit d'y lire et d'y écrire : docs/service.md."
    SERVE_RUNS = "provisioner serve fonctionne-t-il ? /health/ready dit quelles tâches échouent."
    DECLARE_ADDRESSES = "Déclarez plutôt l'adresse exacte de chaque personne : {command}"
    RECORD_CONTACTS = (
        "D'après son annexe 2 : provisioner partner contacts {partner} --on DATE "
        '--habilitations "NOM <ADRESSE>" --securite "NOM <ADRESSE>"'
    )
    READ_NOTICE_DAYS = (
        'Lisez-le dans la convention signée, puis provisioner partner set CODE --notice-days NOMBRE --by "NOM"'
    )
    RECORD_PROTECTION_OFFICER = (
        "L'annexe 3 est remplacée entière ; donnez donc tous ses contacts, et celui-ci : "
        f'{hints.CAF_CONTACTS} --protection-donnees "NOM <ADRESSE>"'
    )
    LOOK_AT_REVIEW = "provisioner review show {partner}, puis provisioner review remind --partner {partner}"
    LOOK_AT_REQUEST = (
        "Voyez provisioner review asked ; une fois le document reçu : provisioner review answered {number} --on DATE "
        '--document FICHIER --by "NOM"'
    )
    LOOK_AT_INCIDENT = "provisioner incident show {number} dit ce qui manque."
    RECORD_CAF_CONTACTS = f"D'après l'annexe 3 : {hints.CAF_CONTACTS}"
    APPLY = "provisioner realm apply, avec le compte de l'administrateur, le remet en ordre."
    CREATE_REALM = "provisioner realm apply, avec le compte de l'administrateur, le crée."
    EXPORT_THEME = (
        "Si Keycloak n'a pas ce thème : provisioner realm export-theme DOSSIER (docs/production.md). Puis : "
        "provisioner realm apply"
    )
    CHECK_REALM = "provisioner realm check les dit, avec le risque de chacun ; provisioner realm apply y remédie."
    ANSWERS = "Vérifiez que {url} répond, ou réglez {setting}."
    CREDENTIALS = (
        "Une clé demande que les horloges des deux machines s'accordent à 30 secondes près. Voyez aussi {settings}, "
        "ou provisioner realm apply"
    )
    ADMINISTRATOR_CREDENTIALS = (
        "Voyez {settings}. Keycloak connaît une première clé après un provisioner realm apply avec le premier secret "
        "(docs/production.md). Sans le compte de l'administrateur, doctor dit le reste."
    )
    RUN_AGAIN = "Recommencez quand Keycloak répond ; rien n'est perdu d'ici là."
    VERSION_AT_LEAST = "Vérifiez qu'elle est au moins {least}, ou réglez {settings}."
    UPGRADE = "Passez à la dernière correction de Keycloak 26.7, aujourd'hui même."
    SET_CLOCKS = "Réglez les horloges des deux machines sur les mêmes serveurs de temps."
    RIGHT_REALM = (
        "Réglez {settings} sur le bon royaume : rien n'est écrit dans celui-ci. S'il a été refait : provisioner "
        'realm accept --by "NOM" --reason "MOTIF"'
    )
    MEND_REALM_FILES = "Corrigez {places} : d'ici là, rien n'a été comparé."
    SET_WEB_SECRET = "Réglez {setting}, puis lancez provisioner realm apply"  # noqa: S105 - a sentence
    ADD_OFFICERS = (
        "Il en faut au moins deux. Les suivants, ou un nouveau lien : dans la console (docs/realm.md). Le premier : "
        'provisioner realm apply --first-officer "NOM <ADRESSE>"'
    )
    REVIEW_ADMINISTRATORS = (
        "Retirez-lui ce droit : qui gère les utilisateurs peut changer son mot de passe. Le compte d'un "
        "administrateur est mieux dans le royaume master."
    )
    SET_MASTER = "Dans la console, royaume master, Realm settings : docs/production.md dit quoi régler, et où."
    SECOND_FACTOR = (
        "Faites enregistrer un second facteur à chaque personne (console, Users, Required actions : Configure OTP) ; "
        "un programme se connecte par une clé : docs/production.md."
    )
    DELETE_TEMPORARY = (
        "Créez des administrateurs durables, connectez-vous avec l'un d'eux, puis supprimez le provisoire (console, "
        "royaume master, Users ou Clients)."
    )
    TAKE_DEFAULT_OFF = "Retirez ce rôle à {name}, ou {name} de ce que reçoit tout nouveau compte."
    TAKE_ROLE_OFF = (
        "Retirez ce rôle au groupe {group} : qui gère les utilisateurs pourrait le donner à n'importe qui."
    )
    RUN_AS_ADMINISTRATOR = "Lancez doctor une fois avec {settings}."
    LOOSEN_PROFILE = (
        "Dans la console (Realm settings, User profile), rendez-le facultatif et retirez-en le validateur ; "
        "provisioner realm apply remet ce qui est à nous. Puis : provisioner sync"
    )
    PLAN_TELLS = "Ce qui en est fait : docs/safety.md. Qui : provisioner plan"
    APPLY_AGAIN = (
        "Un registre plus ancien a-t-il été restauré ? Appliquez alors de nouveau ce qui est venu depuis : "
        "docs/backup.md."
    )
    SET_MAIL = "Réglez {settings}. Ce qui est dû attend."
    SEE_MAIL = "Voyez le serveur de messagerie et {settings}. Ce qui est dû attend."
    SET_MAIL_TLS = (
        "Réglez {setting} sur implicit (le port est alors 465, le plus souvent), sur starttls à défaut ; puis "
        "provisioner realm apply"
    )
    SET_MAIL_IMPLICIT = (
        "Si le serveur de messagerie l'admet, réglez {setting} sur implicit (le port est alors 465, le plus souvent) "
        "; puis provisioner realm apply"
    )
